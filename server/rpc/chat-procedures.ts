import { z } from 'zod';
import { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import { TurnRequest } from '../../contracts/chat/turn.ts';
import { idempotencyKey } from '../../contracts/schemas/idempotency-key.ts';
import { Json } from '../canonical/json.ts';
import { type CompletionDeps, createCompletion, streamCompletion } from '../features/chat/create-completion.ts';
import { createKeptChat, streamKeptChat } from '../features/runs/answer-kept.ts';
import { createOnce, type OnceDeps, streamOnce } from '../features/runs/answer-once.ts';
import { placeOf, type RunDeps, watchRun } from '../features/runs/manage-runs.ts';
import { replayChunks, replayCompletion } from '../features/runs/replay-chat.ts';
import { streamTurn, type TurnDeps, takeTurn } from '../features/turns/take-turn.ts';
import type { Context } from './context.ts';
import { describeConversations } from './conversation-procedures.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer, type OfTurn, turnOf } from './note-answer.ts';
import { answers, shows } from './output.ts';
import { refuseResume } from './refuse-resume.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

export const errorResponses = [402, 403, 404, 409, 502, 503, 504];

const describeChat = describeOperations(
  { name: 'chat', about: 'OpenAI-compatible, stateless chat completions.' },
  () => errorResponses,
);

/** What tRPC adds to a subscription's input when it sends it again after a lost connection. */
const LastEvent = { lastEventId: z.string().nullish() };

/** What a subscription takes beside its request: a stream with an idempotency key can be gone on with. */
export const Resume = { ...LastEvent, idempotency_key: idempotencyKey() };

/** An answer of `c1.chat` can be gone on with, by the run that makes it. */
const ResumeRun = { ...LastEvent, run_id: z.string().min(1).max(200).nullish() };

export const jsonOf = <T extends object>(ctx: Context, input: T): Json<T> =>
  ctx.body ? Json.ofBoth(ctx.body, input) : Json.ofValue(input);

/** `v1.chat`: stateless completions. */
export const completionProcedures = (deps: CompletionDeps, runs: OnceDeps) => ({
  create: procedure
    .meta(
      describeChat('POST', '/v1/chat/completions', 'Create a chat completion', {
        description: 'OpenAI-compatible and stateless: the client sends the whole history.',
        once: true,
      }),
    )
    .input(ChatCompletionRequest)
    .output(answers(ChatCompletion))
    .mutation(({ ctx, input }) => {
      const asked = { operation: 'v1.chat', request: input, caller: ctx.caller, key: sentKey(ctx) };
      return createKeptChat(runs, asked, (caller) => createCompletion(deps, jsonOf(ctx, input), caller));
    }),
  stream: procedure
    .meta({ streams: 'create', event: ChatCompletionChunk })
    .input(ChatCompletionRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, idempotency_key, ...request } = input;
      const { key, after } = resumeOf(ctx, { lastEventId, idempotency_key });
      const { caller, once } = noteAnswer(ctx.caller);
      const show = (chunk: ChatCompletionChunk): KnownFields<ChatCompletionChunk & Noted> => ({ ...chunk, ...once() });
      const asked = { operation: 'v1.chat', request, caller, key, after };
      const chunks = streamKeptChat(runs, asked, (maker) => streamCompletion(deps, jsonOf(ctx, request), maker));
      return new TrackedStream(chunks, show, { socket: ctx.socket, signal: caller.signal, from: after + 1 });
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
export const turnProcedures = (deps: TurnDeps, runs: RunDeps & OnceDeps) => ({
  create: procedure
    .meta(
      describeConversations('POST', '/c1/chat', 'Take a turn of a conversation', {
        description: "The server prepends the history; the conversation's id comes in `x-conversation-id`.",
        errors: errorResponses,
        once: true,
      }),
    )
    .input(TurnRequest)
    .output(turnOutput)
    .mutation(async ({ ctx, input }) => {
      const noted = noteAnswer(ctx.caller);
      const key = sentKey(ctx, input.idempotency_key);
      const asked = { operation: 'c1.chat', request: input, caller: noted.caller, key };
      const answer = await createOnce(runs, asked, {
        make: (caller) => takeTurn(deps, input, caller),
        replay: (run, caller) => replayCompletion(runs, run, caller),
      });
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
      const key = sentKey(ctx, turn.idempotency_key);
      if (!run_id && !key) refuseResume(lastEventId);
      const after = placeOf({ lastEventId });
      const chunks =
        run_id && lastEventId != null
          ? watchRun(runs, { run_id, user_id: turn.user_id, lastEventId }, caller)
          : streamOnce(
              runs,
              { operation: 'c1.chat', request: turn, caller, key, after },
              {
                make: (claiming) => streamTurn(deps, turn, claiming),
                replay: (run, client) => replayChunks(runs, run, after, client),
              },
            );
      return new TrackedStream(chunks, show, { socket, signal, first: after + 1 });
    }),
});
