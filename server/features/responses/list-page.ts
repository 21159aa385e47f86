import type { ItemList, OutputItem } from '../../../contracts/responses/item.ts';
import { AppError } from '../../errors/app-error.ts';
import { withoutProof } from './answer/describe-response.ts';

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

/** One page of items that are given in the order of the conversation. */
export function listPage(items: readonly OutputItem[], page: PageRequest): ItemList {
  const { limit = DEFAULT_LIMIT, order = 'desc', after } = page;
  const ordered = order === 'asc' ? [...items] : [...items].reverse();
  const from = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) {
    throw new AppError('response_not_found', `There is no item '${after}' here.`, { param: 'after' });
  }
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
