import type { SentKey } from '../features/runs/answer-once.ts';
import type { Context } from './context.ts';

/** The idempotency key of a call: the header, or else the field of its input. Undefined: there is none. */
export function sentKey({ idempotencyKey }: Context, field?: string | null): SentKey | undefined {
  if (idempotencyKey !== undefined) return { text: idempotencyKey, param: 'Idempotency-Key' };
  return field == null ? undefined : { text: field, param: 'idempotency_key' };
}

/** The same of a subscription that stands for a stream on REST, where the body has the request alone. */
export const streamKey = (ctx: Context, field?: string | null): SentKey | undefined =>
  sentKey(ctx, ctx.body ? undefined : field);
