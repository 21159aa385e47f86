import { ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { Run, RunEventList, RunEventsRequest, RunRef } from '../../contracts/runs/run.ts';
import { cancelRun, getRun, listRunEvents, placeOf, type RunDeps, watchRun } from '../features/runs/manage-runs.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { noteAnswer, type OfTurn, turnOf } from './note-answer.ts';
import { answers } from './output.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const ONE = '/c1/runs/{run_id}';

const describeRuns = describeOperations(
  { name: 'runs', about: 'The making of answers, apart from the requests that asked for them.' },
  () => [400, 401, 403, 404, 410, 429, 499, 500, 503, 504],
);

/** Client tokens may do this with the runs of their end users. */
const OF_USER = { tokens: 'user' } as const;

/** `c1.runs`. */
export const runProcedures = (deps: RunDeps) => ({
  get: procedure
    .meta(describeRuns('GET', ONE, 'Get a run', OF_USER))
    .input(RunRef)
    .output(answers(Run))
    .query(({ ctx, input }) => getRun(deps, input, ctx.caller.principal)),
  cancel: procedure
    .meta(describeRuns('POST', `${ONE}/cancel`, 'Cancel a run', OF_USER))
    .input(RunRef)
    .output(answers(Run))
    .mutation(({ ctx, input }) => cancelRun(deps, input, ctx.caller)),
  log: procedure
    .meta(describeRuns('GET', `${ONE}/events`, 'Watch a run', OF_USER))
    .input(RunEventsRequest)
    .output(answers(RunEventList))
    .query(({ ctx, input }) => listRunEvents(deps, input, ctx.caller)),
  events: procedure
    .meta({ streams: 'log', event: ChatCompletionChunk, streamsByDefault: true, ...OF_USER })
    .input(RunEventsRequest)
    .subscription(({ ctx, input }) => {
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
