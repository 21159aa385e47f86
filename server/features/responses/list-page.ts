import type { ItemList, OutputItem } from '../../../contracts/responses/item.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { withoutProof } from './answer/describe-response.ts';
import { stemOf } from './answer/item-ids.ts';

const DEFAULT_LIMIT = 20;

export interface PageRequest {
  readonly limit?: number | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly after?: string | undefined;
  readonly include?: string | undefined;
}

/** True when encrypted reasoning was asked for. */
export const showsProof = (include: string | undefined): boolean =>
  include?.split(',').includes('reasoning.encrypted_content') ?? false;

/** A stem begins with the time at which its message was made: those of one conversation are in order. See store/ids.ts. */
const TIMED = /^[0-9a-f]{12}7/;

/** Where an item stands or, when it was deleted, stood: then what is left of its message is shown once more. */
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
  const data = showsProof(page.include) ? shown : shown.map(withoutProof);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: from + limit < ordered.length,
  };
}
