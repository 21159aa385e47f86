import { z } from 'zod';
import { idempotencyKey } from '../../contracts/schemas/idempotency-key.ts';

/** The field that tRPC adds to a subscription's input when it sends it again after a lost connection. */
const LastEvent = { lastEventId: z.string().nullish() };

/** The fields that a subscription takes beside its request. A stream with an idempotency key can be resumed. */
export const Resume = { ...LastEvent, idempotency_key: idempotencyKey() };

/** The fields with which the stream of a run can be resumed. */
export const ResumeRun = { ...LastEvent, run_id: z.string().min(1).max(200).nullish() };
