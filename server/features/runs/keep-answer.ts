import { isRecord, Json } from '../../canonical/json.ts';
import type { RunFormat } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import type { OnceDeps } from './answer-once.ts';
import { isCancelled } from './is-cancelled.ts';
import type { Run, RunOutcome } from './run.ts';
import { firstOf } from './tell-replay.ts';

/** The properties of an answer that is kept. */
interface Kept {
  readonly format: RunFormat;
  readonly request: Readonly<Record<string, unknown>>;
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Finds the end user in a request of any dialect. The answer is erased with the data of that user. */
function erasedWith({ user, safety_identifier, metadata }: Kept['request']): string | null {
  return textOf(user) ?? textOf(safety_identifier) ?? (isRecord(metadata) ? textOf(metadata.user_id) : null);
}

type Make<Event extends object> = (run: Run<Event>, runKey: number) => Promise<RunOutcome<Event>>;

/** Begins a run that only a retry needs. It continues when the client disconnects, because the client will retry. */
async function startKept<Event extends object>(
  { runs, claims }: OnceDeps,
  { format, request }: Kept,
  client: Caller,
  make: Make<Event>,
): Promise<Run<Event>> {
  const { claim, principal } = client;
  if (!claim) throw new Error('An answer is kept for a claim.');
  const detached = runs.detach(client, 'detach');
  try {
    const run = await claims.begin({ claim, owner: principal.owner, userId: erasedWith(request), format });
    detached.caller.setHeader('x-run-id', run.id);
    return runs.start<Event>({ run, conversationId: null }, detached, (started) => make(started, run.key));
  } catch (error) {
    detached.release();
    throw error;
  }
}

/** Ends a run of which nothing came, as if it had never begun: the next request with the key is the first one. */
function dropped<Event extends object>(
  { claims }: OnceDeps,
  { caller }: Run<Event>,
  { runKey, failure }: { readonly runKey: number; readonly failure: unknown },
): RunOutcome<Event> {
  caller.setHeader('x-run-id', null);
  return { status: 'failed', failure, store: () => claims.drop(runKey) };
}

/** Makes an answer that comes as a whole. When it is too large to be kept, the client gets it, but a retry does not. */
export async function keepAnswer<Answer extends object>(
  deps: OnceDeps,
  kept: Kept,
  client: Caller,
  create: (caller: Caller) => Promise<Answer | Json<Answer>>,
): Promise<Json<Answer>> {
  const { claims, maxKeptBytes } = deps;
  const { log } = await startKept<Answer>(deps, kept, client, async (run, runKey) => {
    try {
      const made = await create(run.caller);
      const answer = made instanceof Json ? made : Json.ofValue(made);
      const isKept = answer.bytes.length <= maxKeptBytes;
      const status = 'completed';
      return { status, last: [answer], store: (end) => claims.end({ runKey, status, log: end, isKept }) };
    } catch (failure) {
      return dropped(deps, run, { runKey, failure });
    }
  });
  return firstOf(log.follow(-1, client.signal));
}

/** Keeps the events of a stream. */
export async function* keepStream<Event extends object>(
  deps: OnceDeps,
  kept: Kept,
  client: Caller,
  open: (caller: Caller) => AsyncGenerator<Json<Event>[], void, void>,
): AsyncGenerator<Json<Event>[], void, void> {
  const { log } = await startKept<Event>(deps, kept, client, async (run, runKey) => {
    const ended = (status: RunOutcome<Event>['status'], failure?: unknown): RunOutcome<Event> => ({
      status,
      failure,
      store: (end) => deps.claims.end({ runKey, status, log: end, isKept: true }),
    });
    try {
      for await (const batch of open(run.caller)) {
        const written = run.append(batch);
        if (written) await written;
      }
      return ended('completed');
    } catch (failure) {
      if (run.log.next === 0) return dropped(deps, run, { runKey, failure });
      return ended(isCancelled(run.caller.signal, failure) ? 'cancelled' : 'incomplete', failure);
    }
  });
  yield* log.follow(-1, client.signal);
}
