import { z } from 'zod';
import { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import { TurnRequest } from '../../contracts/chat/turn.ts';
import { Json } from '../canonical/json.ts';
import { type CompletionDeps, createCompletion, streamCompletion } from '../features/chat/create-completion.ts';
import { placeOf, type RunDeps, watchRun } from '../features/runs/manage-runs.ts';
import { streamTurn, type TurnDeps, takeTurn } from '../features/turns/take-turn.ts';
import type { Context } from './context.ts';
import { describeConversations } from './conversation-procedures.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer, type OfTurn, turnOf } from './note-answer.ts';
import { answers, shows } from './output.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

export const errorResponses = [402, 403, 404, 409, 502, 503, 504];

const describeChat = describeOperations(
  { name: 'chat', about: 'OpenAI-compatible, stateless chat completions.' },
  () => errorResponses,
);

/** What tRPC adds to a subscription's input when it sends it again after a lost connection. */
export const Resume = { lastEventId: z.string().nullish() };

/** An answer of `c1.chat` can be gone on with, by the run that makes it. */
const ResumeRun = { ...Resume, run_id: z.string().min(1).max(200).nullish() };

export const jsonOf = <T extends object>(ctx: Context, input: T): Json<T> =>
  ctx.body ? Json.ofBoth(ctx.body, input) : Json.ofValue(input);

/** `v1.chat`: stateless completions. */
export const completionProcedures = (deps: CompletionDeps) => ({
  create: procedure
    .meta(
      describeChat('POST', '/v1/chat/completions', 'Create a chat completion', {
        description: 'OpenAI-compatible and stateless: the client sends the whole history.',
      }),
    )
    .input(ChatCompletionRequest)
    .output(answers(ChatCompletion))
    .mutation(({ ctx, input }) => createCompletion(deps, jsonOf(ctx, input), ctx.caller)),
  stream: procedure
    .meta({ streams: 'create', event: ChatCompletionChunk })
    .input(ChatCompletionRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, ...request } = input;
      refuseResume(lastEventId);
      const { caller, once } = noteAnswer(ctx.caller);
      const show = (chunk: ChatCompletionChunk): KnownFields<ChatCompletionChunk & Noted> => ({ ...chunk, ...once() });
      const chunks = streamCompletion(deps, jsonOf(ctx, request), caller);
      return new TrackedStream(chunks, show, { socket: ctx.socket, signal: caller.signal });
    }),
});

interface TakenTurn {
  readonly answer: Json<ChatCompletion>;
  readonly turn: OfTurn;
}

const turnOutput = shows(
  ChatCompletion,
  ({ answer, turn }: TakenTurn): ChatCompletion & OfTurn => ({ ...answer.value, ...turn }),
  { body: ({ answer }) => answer },
);

/** `c1.chat`: turns of remembered conversations. */
export const turnProcedures = (deps: TurnDeps, runs: RunDeps) => ({
  create: procedure
    .meta(
      describeConversations('POST', '/c1/chat', 'Take a turn of a conversation', {
        description: "The server prepends the history; the conversation's id comes in `x-conversation-id`.",
        errors: errorResponses,
      }),
    )
    .input(TurnRequest)
    .output(turnOutput)
    .mutation(async ({ ctx, input }) => {
      const noted = noteAnswer(ctx.caller);
      const answer = await takeTurn(deps, input, noted.caller);
      return { answer, turn: turnOf(noted) };
    }),
  stream: procedure
    .meta({ streams: 'create', event: ChatCompletionChunk })
    .input(TurnRequest.extend(ResumeRun))
    .subscription(({ ctx, input }) => {
      const { lastEventId, run_id, ...turn } = input;
      const noted = noteAnswer(ctx.caller);
      const { caller } = noted;
      const show = (chunk: ChatCompletionChunk): KnownFields<ChatCompletionChunk & OfTurn & Noted> => ({
        ...chunk,
        ...turnOf(noted),
        // A resumed stream has no note: it was in the first event, and all watchers get the same events.
        ...(lastEventId == null ? noted.once() : {}),
      });
      const { socket } = ctx;
      const { signal } = caller;
      if (lastEventId == null)
        return new TrackedStream(streamTurn(deps, turn, caller), show, { socket, signal, first: 0 });
      if (!run_id) refuseResume(lastEventId);
      const watched = { run_id: run_id ?? '', user_id: turn.user_id, lastEventId };
      return new TrackedStream(watchRun(runs, watched, caller), show, { socket, signal, first: placeOf(watched) + 1 });
    }),
});
