import type { ItemList, OutputItem } from '../../../contracts/responses/item.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { SeqRange } from '../../store/interface/responses.ts';
import { withoutSignature } from './answer/describe-response.ts';
import { stemOf } from './answer/item-ids.ts';

const DEFAULT_LIMIT = 20;

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly after?: string | undefined;
  readonly include?: string | undefined;
}

/** True when encrypted reasoning was asked for. */
export const showsSignatures = (include: string | undefined): boolean =>
  include?.split(',').includes('reasoning.encrypted_content') ?? false;

/** True when the data of large pictures, sounds and files was asked for. The name is OpenAI's. */
const showsMedia = (include: string | undefined): boolean =>
  include?.split(',').includes('message.input_image.image_url') ?? false;

/** A stem begins with the time at which its message was made: those of one conversation are in order. See store/ids.ts. */
const TIMED = /^[0-9a-f]{12}7/;

/**
 * The place of an item. When the item was deleted, its former place, so that the rest of its message is shown once
 * more.
 */
function startAfter(items: readonly OutputItem[], after: string, order: 'asc' | 'desc'): number {
  const found = items.findIndex(({ id }) => id === after);
  if (found >= 0) return found + 1;
  const stem = stemOf(after);
  if (stem === null || !TIMED.test(stem)) {
    throw invalidField('after', `'${after.slice(0, 100)}' is the id of no item.`);
  }
  const next = items.findIndex(({ id }) => {
    const other = stemOf(id) ?? '';
    return order === 'asc' ? other >= stem : other <= stem;
  });
  return next < 0 ? items.length : next;
}

/** One page of items that are given in the order of the conversation. */
export function listPage(items: readonly OutputItem[], page: PageRequest): ItemList {
  const { limit = DEFAULT_LIMIT, order = 'desc', after } = page;
  const ordered = order === 'asc' ? [...items] : [...items].reverse();
  const from = after === undefined ? 0 : startAfter(ordered, after, order);
  const shown = ordered.slice(from, from + limit);
  const data = showsSignatures(page.include) ? shown : shown.map(withoutSignature);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < ordered.length,
  };
}

/** An item without its media, and the `seq` of its message. */
interface SeqItem {
  readonly item: OutputItem;
  readonly seq: number;
}

/** Takes a page of items. Where the request asks for media, `readWhole` reads those of the messages on this page. */
export async function pageItems(
  placed: readonly SeqItem[],
  request: PageRequest,
  readWhole: (range: SeqRange) => Promise<readonly OutputItem[]>,
): Promise<ItemList> {
  const page = listPage(
    placed.map(({ item }) => item),
    request,
  );
  if (!showsMedia(request.include) || page.data.length === 0) return page;
  const ids = new Set(page.data.map(({ id }) => id));
  const seqs = placed.filter(({ item }) => ids.has(item.id)).map(({ seq }) => seq);
  const items = await readWhole({ from: Math.min(...seqs), before: Math.max(...seqs) + 1 });
  const whole = new Map(items.map((item) => [item.id, item]));
  const shape = showsSignatures(request.include) ? (item: OutputItem) => item : withoutSignature;
  return { ...page, data: page.data.map((item) => shape(whole.get(item.id) ?? item)) };
}
