import type { ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { Run, RunEventList, RunEventsRequest, RunRef } from '../../contracts/runs/run.ts';
import { cancelRun, getRun, listRunEvents, placeOf, type RunDeps, watchRun } from '../features/runs/manage-runs.ts';
import type { KnownFields } from './known-fields.ts';
import { noteAnswer, type OfTurn, turnOf } from './note-answer.ts';
import { TrackedStream } from './tracked-stream.ts';
import { documented, type Meta, procedure } from './trpc.ts';

const ONE = '/c1/runs/{run_id}';

const at = (method: 'GET' | 'POST', path: `/${string}`, summary: string, rest: Partial<Meta> = {}): Meta => ({
  openapi: {
    method,
    path,
    tags: ['runs'],
    summary,
    errorResponses: [400, 401, 403, 404, 410, 429, 499, 500, 503, 504],
  },
  ...rest,
});

/** `c1.runs`: the making of answers, apart from the requests that asked for them. */
export const runProcedures = (deps: RunDeps) => ({
  get: documented(
    procedure
      .meta(at('GET', ONE, 'Get a run'))
      .input(RunRef)
      .query(({ ctx, input }): Promise<Run> => getRun(deps, input, ctx.caller.principal)),
    Run,
  ),
  cancel: documented(
    procedure
      .meta(at('POST', `${ONE}/cancel`, 'Cancel a run', { bodyOptional: true }))
      .input(RunRef)
      .mutation(({ ctx, input }): Promise<Run> => cancelRun(deps, input, ctx.caller)),
    Run,
  ),
  log: documented(
    procedure
      .meta(at('GET', `${ONE}/events`, 'Watch a run', { stream: 'c1.runs.events', streamsByDefault: true }))
      .input(RunEventsRequest)
      .query(({ ctx, input }): Promise<KnownFields<RunEventList>> => listRunEvents(deps, input, ctx.caller)),
    RunEventList,
  ),
  events: procedure.input(RunEventsRequest).subscription(({ ctx, input }) => {
    const noted = noteAnswer(ctx.caller);
    const show = (chunk: ChatCompletionChunk): KnownFields<ChatCompletionChunk & OfTurn> => ({
      ...chunk,
      ...turnOf(noted),
    });
    const first = placeOf(input) + 1;
    return new TrackedStream(watchRun(deps, input, noted.caller), show, {
      socket: ctx.socket,
      signal: noted.caller.signal,
      first,
    });
  }),
});
