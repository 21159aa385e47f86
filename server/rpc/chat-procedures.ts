import { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import { type CompletionDeps, createCompletion, streamCompletion } from '../features/chat/create-completion.ts';
import { createKeptChat, streamKeptChat } from '../features/runs/answer-kept.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import { jsonOf } from './context.ts';
import { describeOperations, errorResponses } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { type Noted, noteAnswer } from './note-answer.ts';
import { answers } from './output.ts';
import { Resume } from './resume.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const describeChat = describeOperations(
  { name: 'chat', about: 'OpenAI-compatible, stateless chat completions.' },
  () => errorResponses,
);

/** `v1.chat`: stateless completions. */
export const chatProcedures = (deps: CompletionDeps, runs: OnceDeps) => ({
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
