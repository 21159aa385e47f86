import { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { TurnRequest } from '../../contracts/turns/turn.ts';
import type { Json } from '../canonical/json.ts';
import { createOnce, type OnceDeps, streamOnce } from '../features/runs/answer-once.ts';
import { placeOf, type RunDeps, watchRun } from '../features/runs/manage-runs.ts';
import { replayChunks, replayCompletion } from '../features/runs/replay-chat.ts';
import { streamTurn, type TurnDeps, takeTurn } from '../features/turns/take-turn.ts';
import { describeConversations } from './describe-conversations.ts';
import { errorResponses } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer, type OfTurn, turnOf } from './note-answer.ts';
import { shows } from './output.ts';
import { refuseResume } from './refuse-resume.ts';
import { ResumeRun } from './resume.ts';
import { sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

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
        tokens: 'user',
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
    .meta({ streams: 'create', event: ChatCompletionChunk, tokens: 'user' })
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
      const isWatching = run_id && lastEventId != null;
      const chunks = isWatching
        ? watchRun(runs, { run_id, user_id: turn.user_id, lastEventId }, caller)
        : streamOnce(
            runs,
            { operation: 'c1.chat', request: turn, caller, key, after },
            {
              make: (claiming) => streamTurn(deps, turn, claiming),
              replay: (run, client) => replayChunks(runs, run, after, client),
            },
          );
      return new TrackedStream(chunks, show, { socket, signal, first: after + 1, beginsRun: !isWatching });
    }),
});
