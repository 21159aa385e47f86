import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response, ResponseEvent } from '../../../contracts/responses/response.ts';
import { runIdOf } from '../../canonical/ids.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Caller } from '../access/caller.ts';
import type { Surface } from '../chat/complete-chat.ts';
import type { Run, RunOutcome } from '../runs/run.ts';
import type { ResponseDeps } from './prepare-request.ts';
import { type EventBatch, makeResponse, type Opened, openRequest, relayResponse } from './run-response.ts';

type Make<Event extends object> = (opened: Opened, run: Run<Event>) => Promise<RunOutcome<Event>>;

/** A response in progress, whether a client listens or not. */
interface Making<Event extends object> {
  readonly opened: Opened;
  readonly run: Run<Event>;
  /** Resolves when the request was admitted or has ended: with the error of a refusal, or else with null. */
  readonly decided: Promise<{ readonly refusal: unknown } | null>;
}

/** Opens a request. When the client has left the answer before it, that answer ends and the conversation continues. */
function openPlace(deps: ResponseDeps, request: ResponseRequest, caller: Caller): Promise<Opened> {
  const { conversation, previous_response_id: previous } = request;
  const place = {
    conversationId: typeof conversation === 'string' ? conversation : conversation?.id,
    runId: previous == null ? undefined : runIdOf(previous),
  };
  return deps.following.runs.takeOver(place, () => openRequest(deps, request, caller));
}

/** Begins the run of a stored response. What is wrong with the request itself is thrown here. */
async function startResponse<Event extends object>(
  deps: ResponseDeps,
  { request, client, make }: { request: ResponseRequest; client: Caller; make: Make<Event> },
): Promise<Making<Event>> {
  const { runs } = deps.following;
  const detached = runs.detach(client, request.background ? 'detach' : (request.on_disconnect ?? undefined));
  try {
    const planned = await openPlace(deps, request, detached.caller);
    const { begun } = planned.open;
    if (!begun) throw new Error('A response without a store has no run.');
    let decide: (refused: { refusal: unknown } | null) => void = () => {};
    const decided = new Promise<{ refusal: unknown } | null>((resolve) => {
      decide = resolve;
    });
    const surface: Surface = {
      ...planned.surface,
      onAdmitted: () => decide(null),
      async onRefused(refusal) {
        await planned.drop();
        decide({ refusal });
      },
    };
    const opened = { ...planned, surface };
    const run = runs.start<Event>(begun, detached, (started) => make(opened, started));
    void run.ended.then(() => decide(null));
    return { opened, run, decided };
  } catch (error) {
    detached.release();
    throw error;
  }
}

/** Drains the events into the log of the run. */
const makeEvents =
  (deps: ResponseDeps, atOnce: boolean): Make<ResponseEvent> =>
  async (opened, run) => {
    const events = relayResponse(deps, opened, atOnce);
    let next = await events.next();
    while (!next.done) {
      try {
        const written = run.append(next.value);
        if (written) await written;
        next = await events.next();
      } catch (error) {
        next = await events.throw(error);
      }
    }
    return next.value;
  };

async function startInBackground(deps: ResponseDeps, request: ResponseRequest, client: Caller) {
  const making = await startResponse(deps, { request, client, make: makeEvents(deps, true) });
  const refused = await making.decided;
  if (!refused) return making;
  await making.run.ended;
  throw refused.refusal;
}

/** `POST /v1/responses`: one response, as one answer; with `background` the answer is still to come. */
export async function createResponse(deps: ResponseDeps, request: ResponseRequest, caller: Caller): Promise<Response> {
  if (request.stream) {
    throw invalidField(
      'stream',
      'Set `stream` to false: over tRPC, use the `v1.responses.stream` subscription to stream.',
    );
  }
  if (request.store === false) return createUnstored(deps, request, caller);
  if (request.background) return (await startInBackground(deps, request, caller)).opened.writer.response;
  const make: Make<Response> = (opened) => makeResponse(deps, opened);
  const { run } = await startResponse(deps, { request, client: caller, make });
  return firstOf(run.log.follow(-1, caller.signal));
}

async function firstOf(answers: AsyncGenerator<Json<Response>[], void, void>): Promise<Response> {
  for await (const [answer] of answers) if (answer) return answer.value;
  throw new AppError('client_disconnected');
}

/** Answers a request that is not stored. There is no run, so the answer ends with its request. */
async function createUnstored(deps: ResponseDeps, request: ResponseRequest, caller: Caller): Promise<Response> {
  const { failure, last: [answer] = [] } = await makeResponse(deps, await openPlace(deps, request, caller));
  if (answer) return answer.value;
  throw failure;
}

/** Creates a response as a stream of events. The events of a stored response are numbered from 0. */
export async function* streamResponse(
  deps: ResponseDeps,
  asked: ResponseRequest,
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  // A subscription over tRPC is always a stream, so its input need not say so.
  const request = { ...asked, stream: true };
  if (request.store === false) {
    yield* streamUnstored(deps, request, caller);
    return;
  }
  const log = await startLog(deps, request, caller);
  yield* log.follow(-1, caller.signal);
}

/** Starts a run, and returns only its log, so that a slow reader does not hold the whole answer in memory. */
async function startLog(deps: ResponseDeps, request: ResponseRequest, caller: Caller) {
  const { run } = request.background
    ? await startInBackground(deps, request, caller)
    : await startResponse(deps, { request, client: caller, make: makeEvents(deps, false) });
  return run.log;
}

async function* streamUnstored(
  deps: ResponseDeps,
  request: ResponseRequest,
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  const { failure, isTold, last = [] } = yield* relayResponse(deps, await openPlace(deps, request, caller));
  if (failure !== undefined && !isTold) throw failure;
  if (last.length > 0) yield [...last];
}
