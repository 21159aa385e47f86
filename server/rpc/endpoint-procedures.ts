import { TextCompletion, TextCompletionRequest } from '../../contracts/completions/text-completion.ts';
import { EmbeddingRequest, EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { createTextCompletion, streamTextCompletion } from '../features/completions/create-text-completion.ts';
import { createEmbeddings } from '../features/embeddings/create-embeddings.ts';
import { errorResponses, jsonOf, Resume } from './chat-procedures.ts';
import { describeOperations } from './describe-operations.ts';
import type { KnownFields } from './known-fields.ts';
import { answers } from './output.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import { procedure } from './trpc.ts';

const describeEmbeddings = describeOperations(
  { name: 'embeddings', about: 'OpenAI-compatible embeddings.' },
  () => errorResponses,
);

/** `v1.embeddings`. */
export const embeddingProcedures = (deps: CompletionDeps) => ({
  create: procedure
    .meta(
      describeEmbeddings('POST', '/v1/embeddings', 'Create embeddings', {
        description: 'OpenAI-compatible, as numbers or as base64, whichever of the two the upstream speaks.',
      }),
    )
    .input(EmbeddingRequest)
    .output(answers(EmbeddingResponse))
    .mutation(({ ctx, input }) => createEmbeddings(deps, jsonOf(ctx, input), ctx.caller)),
});

const showText = (completion: TextCompletion): KnownFields<TextCompletion> => completion;

const describeCompletions = describeOperations(
  { name: 'completions', about: 'OpenAI-compatible legacy completions.' },
  () => errorResponses,
);

/** `v1.completions`: legacy completions. */
export const textCompletionProcedures = (deps: CompletionDeps) => ({
  create: procedure
    .meta(
      describeCompletions('POST', '/v1/completions', 'Create a legacy completion', {
        description: 'OpenAI-compatible: continues a text. Chats belong to `/v1/chat/completions`.',
      }),
    )
    .input(TextCompletionRequest)
    .output(answers(TextCompletion))
    .mutation(({ ctx, input }) => createTextCompletion(deps, jsonOf(ctx, input), ctx.caller)),
  stream: procedure
    .meta({ streams: 'create', event: TextCompletion })
    .input(TextCompletionRequest.extend(Resume))
    .subscription(({ ctx, input }) => {
      const { lastEventId, idempotency_key, ...request } = input;
      refuseResume(lastEventId);
      const chunks = streamTextCompletion(deps, jsonOf(ctx, request), ctx.caller);
      return new TrackedStream(chunks, showText, { socket: ctx.socket, signal: ctx.caller.signal });
    }),
});
