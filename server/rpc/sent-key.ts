import type { SentKey } from '../features/runs/answer-once.ts';
import { placeOf } from '../features/runs/manage-runs.ts';
import type { Context } from './context.ts';
import { refuseResume } from './refuse-resume.ts';

/** The idempotency key of a call, from the header or else from the field of the input. Undefined when it has none. */
export function sentKey({ idempotencyKey }: Context, field?: string | null): SentKey | undefined {
  if (idempotencyKey !== undefined) return { text: idempotencyKey, param: 'Idempotency-Key' };
  return field == null ? undefined : { text: field, param: 'idempotency_key' };
}

/**
 * The idempotency key of a subscription. On REST, which serves subscriptions as streams, the field belongs to the body
 * and is no key.
 */
const streamKey = (ctx: Context, field?: string | null): SentKey | undefined =>
  sentKey(ctx, ctx.body ? undefined : field);

/** The fields with which a subscription is resumed. */
interface Resumed {
  readonly lastEventId?: string | null | undefined;
  readonly idempotency_key?: string | null | undefined;
}

/**
 * The key of a subscription, and the number of the last event that the subscriber has (-1: none). Throws
 * `stream_not_resumable` when a subscription without a key is to be resumed.
 */
export function resumeOf(ctx: Context, { lastEventId, idempotency_key }: Resumed) {
  const key = streamKey(ctx, idempotency_key);
  if (!key) refuseResume(lastEventId);
  return { key, after: placeOf({ lastEventId }) };
}
