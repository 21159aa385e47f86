import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import {
  type Run,
  type RunEventList,
  type RunEventsRequest,
  RunFailure,
  type RunInProgress,
  type RunRef,
} from '../../../contracts/runs/run.ts';
import { siblingId } from '../../canonical/ids.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller, Principal } from '../access/caller.ts';
import { completionAsChunk } from './completion-as-chunk.ts';
import { type FollowDeps, followRun } from './follow-run.ts';

export interface RunDeps extends FollowDeps {
  /** How long a log is kept. */
  readonly keepMs: number;
}

/** A number past the end of every log. A watcher that starts there only waits for the end. */
const NO_EVENTS = 1_000_000_000;

/** A list of events ends when it has so many, or so many bytes: a log may have 64 MiB. */
const MOST_LISTED = 1_000;
const MOST_LISTED_BYTES = 2 * 1024 * 1024;

function describeRun(row: RunRow, keepMs: number): Run {
  const { conversationId, format, error, last, createdAt, endedAt } = row;
  const isResponse = format === 'events' || format === 'response';
  return {
    id: row.id,
    object: 'run',
    conversation_id: conversationId,
    message_id: conversationId === null ? null : siblingId(row.id, 'msg_'),
    response_id: isResponse && conversationId !== null ? siblingId(row.id, 'resp_') : null,
    status: row.status,
    error: error === null ? null : RunFailure.parse(JSON.parse(error)),
    last_event: endedAt === null || last < 0 ? null : last,
    created_at: createdAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
    log_expires_at: endedAt && row.isKept ? new Date(endedAt.getTime() + keepMs).toISOString() : null,
  };
}

/** A run in progress, as its conversation names it. */
export const nameRun = (row: RunRow): RunInProgress => ({
  id: row.id,
  message_id: siblingId(row.id, 'msg_'),
  created_at: row.createdAt.toISOString(),
});

/** The error is the same for an absent run and for one of somebody else, so that no client can tell them apart. */
async function findRun({ store }: RunDeps, { run_id: id, user_id }: RunRef, { owner }: Principal): Promise<RunRow> {
  const row = await store.find(id, { owner, userId: user_id ?? null });
  if (row) return row;
  throw new AppError('run_not_found', 'There is no such run.', { param: 'run_id' });
}

/** `GET /c1/runs/{run_id}` */
export async function getRun(deps: RunDeps, ref: RunRef, principal: Principal): Promise<Run> {
  return describeRun(await findRun(deps, ref, principal), deps.keepMs);
}

/** `POST /c1/runs/{run_id}/cancel`: resolves when the run has ended. A run that has ended before does not change. */
export async function cancelRun(deps: RunDeps, ref: RunRef, caller: Caller): Promise<Run> {
  const row = await findRun(deps, ref, caller.principal);
  if (row.status !== 'in_progress') return describeRun(row, deps.keepMs);
  if (!deps.runs.stop(row.id, new AppError('run_cancelled'))) await deps.store.cancel(row.key);
  try {
    for await (const _ of followRun(deps, row, NO_EVENTS, caller.signal));
  } catch {
    // The row of the run has the error that it ended with.
  }
  // A first turn that was cancelled before anything came has left nothing.
  const ended = (await deps.store.findByKey(row.key)) ?? { ...row, status: 'cancelled', endedAt: new Date() };
  return describeRun(ended, deps.keepMs);
}

/** The last event that a client has: `after`, or the event id that the client sends when it connects again. */
export function placeOf({ after, lastEventId }: Pick<RunEventsRequest, 'after' | 'lastEventId'>): number {
  if (lastEventId == null || lastEventId === '') return after ?? -1;
  const place = Number(lastEventId);
  if (/^\d{1,9}$/.test(lastEventId)) return place;
  throw invalidField('lastEventId', 'lastEventId must be the number of an event.');
}

/** Says in headers what the answer said to the request that began it. */
export function tellHeaders({ runs }: FollowDeps, row: RunRow, caller: Caller): void {
  const known: Record<string, string> = runs.find(row.id)?.headers ?? JSON.parse(row.headers ?? '{}');
  for (const [name, value] of Object.entries(known)) caller.setHeader(name, value);
  caller.setHeader('x-run-id', row.id);
  if (row.conversationId !== null) caller.setHeader('x-conversation-id', row.conversationId);
}

const NO_LOG: ReadonlySet<string> = new Set(['run_log_expired', 'run_not_found']);

/** `GET /c1/runs/{run_id}/events`: the chunks after a number, and those to come. */
export async function* watchRun(
  deps: RunDeps,
  request: RunEventsRequest,
  caller: Caller,
): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
  const row = await findRun(deps, request, caller.principal);
  if (row.format === 'stream' || row.format === 'answer') {
    throw invalidField(
      'run_id',
      'This run does not make a chat. Send its request again with the same idempotency key.',
    );
  }
  if (row.format === 'events' || row.format === 'response') {
    const address = `/v1/responses/${siblingId(row.id, 'resp_')}?stream=true`;
    throw invalidField('run_id', `This run makes a response: follow it at ${address}.`);
  }
  const events = watchEvents(deps, row, placeOf(request), caller);
  try {
    const first = await events.next();
    // The headers of the first event are known by now.
    tellHeaders(deps, row, caller);
    if (!first.done) yield first.value;
    yield* events;
  } catch (error) {
    if (error instanceof AppError && NO_LOG.has(error.code)) throw error;
    // The run was found, so its error is how it ended, and not a failure of this request.
    tellHeaders(deps, row, caller);
    yield [];
    throw error;
  } finally {
    await events.return();
  }
}

/** The chunks of a chat after a number, also of a chat that was requested as JSON. */
export function watchEvents(deps: FollowDeps, row: RunRow, after: number, { signal }: Caller) {
  return row.format === 'completion'
    ? completionAsChunk(followRun(deps, row, after, signal))
    : followRun<ChatCompletionChunk>(deps, row, after, signal);
}

/** Lists events of a run: as many as a list may have, or what there is when the run has ended. */
export async function listRunEvents(deps: RunDeps, request: RunEventsRequest, caller: Caller): Promise<RunEventList> {
  const { run_id, limit = MOST_LISTED } = request;
  const data: RunEventList['data'] = [];
  let id = placeOf(request) + 1;
  let bytes = 0;
  for await (const batch of watchRun(deps, request, caller)) {
    for (const event of batch) {
      if (data.length >= limit || bytes >= MOST_LISTED_BYTES) return { object: 'list', run_id, data, has_more: true };
      bytes += event.bytes.length;
      data.push({ id: id++, chunk: event.toValue() });
    }
  }
  return { object: 'list', run_id, data, has_more: false };
}
