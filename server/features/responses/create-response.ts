import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import type { Response } from '../../../contracts/responses/response.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import { stopSignal } from '../access/stop-signal.ts';
import type { Surface } from '../chat/complete-chat.ts';
import type { ResponseDeps } from './prepare-request.ts';
import { completeRun, type EventBatch, openRun, streamRun } from './run-response.ts';
import type { RunningResponses } from './running-responses.ts';

/** Starts an answer that nobody has to wait for, once it is let in. */
async function startRun(deps: ResponseDeps, running: RunningResponses, request: ResponseRequest, caller: Caller) {
  const controller = new AbortController();
  // Headers belong to the request that starts it; those that come later have nobody to go to.
  let answered = false;
  const setHeader: Caller['setHeader'] = (name, value) => {
    if (!answered) caller.setHeader(name, value);
  };
  const run = await openRun(deps, request, {
    ...caller,
    setHeader,
    signal: stopSignal(caller.principal, controller.signal),
  });
  const { response } = run.writer;
  const refusals: unknown[] = [];
  let ended = Promise.resolve();
  await new Promise<void>((decided) => {
    const surface: Surface = {
      ...run.surface,
      onAdmitted: () => decided(),
      async onRefused(refusal) {
        await run.drop();
        refusals.push(refusal);
      },
    };
    ended = running.run(response.id, controller, streamRun(deps, { ...run, surface }, true));
    void ended.then(decided);
  });
  answered = true;
  if (refusals.length === 0) return response;
  await ended;
  throw refusals[0];
}

/** `POST /v1/responses`: one response, as one answer; with `background` the answer is still to come. */
export async function createResponse(
  deps: ResponseDeps,
  running: RunningResponses,
  request: ResponseRequest,
  caller: Caller,
): Promise<Response> {
  if (request.stream) {
    throw new AppError('invalid_field', 'A streamed response is a subscription here.', { param: 'stream' });
  }
  if (request.background) return startRun(deps, running, request, caller);
  return completeRun(deps, await openRun(deps, request, caller));
}

/** The same as a stream of events. */
export async function* streamResponse(
  deps: ResponseDeps,
  running: RunningResponses,
  request: ResponseRequest,
  caller: Caller,
): AsyncGenerator<EventBatch, void, void> {
  if (!request.background) {
    yield* streamRun(deps, await openRun(deps, request, caller));
    return;
  }
  const { id } = await startRun(deps, running, request, caller);
  yield* running.follow(id, -1, caller.signal);
}
