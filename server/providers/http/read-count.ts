import { isObject } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';

/** A token count from an upstream's response. Throws `upstream_broken` when the value is not a count. */
export function readCount(answer: unknown, field: string): number {
  const count = isObject(answer) ? answer[field] : undefined;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new AppError('upstream_broken', 'The upstream gave no count of tokens.');
}
