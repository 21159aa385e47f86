import { TextCompletion, TextCompletionRequest } from '../../contracts/completions/text-completion.ts';
import { EmbeddingRequest, EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { createTextCompletion, streamTextCompletion } from '../features/completions/create-text-completion.ts';
import { createEmbeddings } from '../features/embeddings/create-embeddings.ts';
import { createKept, streamKept } from '../features/runs/answer-kept.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import { errorResponses, jsonOf, Resume } from './chat-procedures.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { answers } from './output.ts';
import { resumeOf, sentKey } from './sent-key.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const describeEmbeddings = describeOperations(
  { name: 'embeddings', about: 'OpenAI-compatible embeddings.' },
  () => errorResponses,
);

/** `v1.embeddings`. */
export const embeddingProcedures = (deps: CompletionDeps, runs: OnceDeps) => ({
  create: procedure
    .meta(
      describeEmbeddings('POST', '/v1/embeddings', 'Create embeddings', {
        description: 'OpenAI-compatible, as numbers or as base64, whichever of the two the upstream speaks.',
        once: true,
      }),
    )
    .input(EmbeddingRequest)
    .output(answers(EmbeddingResponse))
    .mutation(({ ctx, input }) => {
      const asked = { operation: 'v1.embeddings', request: input, caller: ctx.caller, key: sentKey(ctx) };
      return createKept<EmbeddingResponse>(runs, asked, (caller) => createEmbeddings(deps, jsonOf(ctx, input), caller));
    }),
});

const showText = (completion: TextCompletion): KnownFields<TextCompletion> => completion;

const describeCompletions = describeOperations(
  { name: 'completions', about: 'OpenAI-compatible legacy completions.' },
  () => errorResponses,
);

/** `v1.completions`: legacy completions. */
export const textCompletionProcedures = (deps: CompletionDeps, runs: OnceDeps) => ({
  create: procedure
    .meta(
      describeCompletions('POST', '/v1/completions', 'Create a legacy completion', {
        description: 'OpenAI-compatible: continues a text. Chats belong to `/v1/chat/completions`.',
        once: true,
      }),
    )
    .input(TextCompletionRequest)
    .output(answers(TextCompletion))
    .mutation(({ ctx, input }) => {
      const asked = { operation: 'v1.completions', request: input, caller: ctx.caller, key: sentKey(ctx) };
      return createKept<TextCompletion>(runs, asked, (caller) =>
        createTextCompletion(deps, jsonOf(ctx, input), caller),
      );
    }),
  stream: procedure
    .meta({ streams: 'create', event: TextCompletion })
    .input(TextCompletionRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, idempotency_key, ...request } = input;
      const { caller, socket } = ctx;
      const { key, after } = resumeOf(ctx, { lastEventId, idempotency_key });
      const asked = { operation: 'v1.completions', request, caller, key, after };
      const chunks = streamKept(runs, asked, (maker) => streamTextCompletion(deps, jsonOf(ctx, request), maker));
      return new TrackedStream(chunks, showText, { socket, signal: caller.signal, from: after + 1 });
    }),
});
