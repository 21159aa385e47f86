import { z } from 'zod';
import { ChatCompletionChunk } from '../chat/completion.ts';
import { keptText } from '../chat/message.ts';
import { MessageStatus } from '../conversations/status.ts';
import { listOf } from '../schemas/list-of.ts';

/** The same words as those of the answer that the run makes. */
export const RunStatus = MessageStatus;
export type RunStatus = MessageStatus;

/** The error of a run that did not complete. */
export const RunFailure = z
  .object({
    code: z.string().describe('Of the error catalog: `GET /errors`.'),
    message: z.string().describe('What happened, and what to do.'),
    param: z.string().nullable().describe('The field at fault, where there is one.'),
  })
  .meta({ id: 'RunFailure' });
export type RunFailure = z.infer<typeof RunFailure>;

/** The making of an answer. It goes on when the client that began it disconnects. */
export const Run = z
  .object({
    id: z.string().describe('As in `x-run-id`.'),
    object: z.literal('run'),
    conversation_id: z.string().nullable().describe('The conversation that the answer is in.'),
    message_id: z.string().nullable().describe('The answer that it makes.'),
    response_id: z.string().nullable().describe('When it makes a response of `/v1/responses`.'),
    status: RunStatus,
    error: RunFailure.nullable(),
    last_event: z
      .int()
      .nullable()
      .describe('The number of the last event, once it has ended; null: none, or still running.'),
    created_at: z.iso.datetime().describe('When it began.'),
    ended_at: z.iso.datetime().nullable().describe('When it ended; null while it is in progress.'),
    log_expires_at: z.iso
      .datetime()
      .nullable()
      .describe('Until when its events can be read (`RUN_LOG_HOURS`); null while it is in progress.'),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof Run>;

/** A run in progress, as its conversation names it. */
export const RunInProgress = Run.pick({ id: true, message_id: true, created_at: true }).meta({ id: 'RunInProgress' });
export type RunInProgress = z.infer<typeof RunInProgress>;

/** `GET /c1/runs/{run_id}`, `POST /c1/runs/{run_id}/cancel`. */
export const RunRef = z
  .object({
    run_id: z.string().min(1).max(200).describe('As in `x-run-id`.'),
    user_id: keptText().min(1).max(256).nullish().describe('The end user whose conversation it is in.'),
  })
  .meta({ id: 'RunRef' });
export type RunRef = z.infer<typeof RunRef>;

/** `GET /c1/runs/{run_id}/events`. */
export const RunEventsRequest = RunRef.extend({
  after: z
    .int()
    .min(-1)
    .max(1_000_000_000)
    .optional()
    .describe('The number of the last event that the client has. Default -1: from the start.'),
  lastEventId: z.string().max(20).nullish().describe('The same, as `Last-Event-ID` and tRPC have it.'),
  stream: z
    .boolean()
    .optional()
    .describe(
      'Default true. With false, REST returns lists of events: each as soon as it is full, and the last one when the run has ended.',
    ),
  limit: z.int().min(1).max(1_000).optional().describe('The highest number of events in one list. Default 1,000.'),
}).meta({ id: 'RunEventsRequest' });
export type RunEventsRequest = z.infer<typeof RunEventsRequest>;

/** An event with its number. */
const NumberedEvent = z
  .object({ id: z.int().describe('Its number.'), chunk: ChatCompletionChunk })
  .meta({ id: 'NumberedEvent' });

/** Events of a run as a list. */
export const RunEventList = z
  .object({
    object: z.literal('list'),
    run_id: z.string().describe('The run.'),
    data: listOf(NumberedEvent),
    has_more: z
      .boolean()
      .describe('There may be more: ask again with `after`, the `id` of the last event. A list also ends after 2 MiB.'),
  })
  .meta({ id: 'RunEventList' });
export type RunEventList = z.infer<typeof RunEventList>;
