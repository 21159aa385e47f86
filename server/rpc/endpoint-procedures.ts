import { TextCompletion, TextCompletionRequest } from '../../contracts/completions/text-completion.ts';
import { EmbeddingRequest, EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { createTextCompletion, streamTextCompletion } from '../features/completions/create-text-completion.ts';
import { createEmbeddings } from '../features/embeddings/create-embeddings.ts';
import { errorResponses, jsonOf, Resume } from './chat-procedures.ts';
import type { KnownFields } from './known-fields.ts';
import { refuseResume } from './refuse-resume.ts';
import { TrackedStream } from './tracked-stream.ts';
import { documented, procedure } from './trpc.ts';

/** `v1.embeddings`. */
export const embeddingProcedures = (deps: CompletionDeps) => ({
  create: documented(
    procedure
      .meta({
        openapi: {
          method: 'POST',
          path: '/v1/embeddings',
          tags: ['embeddings'],
          summary: 'Create embeddings',
          description: 'OpenAI-compatible, as numbers or as base64, whichever of the two the upstream speaks.',
          errorResponses,
        },
      })
      .input(EmbeddingRequest)
      .mutation(async ({ ctx, input }): Promise<KnownFields<EmbeddingResponse>> => {
        const answer = await createEmbeddings(deps, jsonOf(ctx, input), ctx.caller);
        ctx.respond?.(answer);
        return answer.value;
      }),
    EmbeddingResponse,
  ),
});

const showText = (completion: TextCompletion): KnownFields<TextCompletion> => completion;

/** `v1.completions`: legacy completions. */
export const textCompletionProcedures = (deps: CompletionDeps) => ({
  create: documented(
    procedure
      .meta({
        openapi: {
          method: 'POST',
          path: '/v1/completions',
          tags: ['completions'],
          summary: 'Create a legacy completion',
          description: 'OpenAI-compatible: continues a text. Chats belong to `/v1/chat/completions`.',
          errorResponses,
        },
        stream: 'v1.completions.stream',
        streamEvent: 'TextCompletion',
      })
      .input(TextCompletionRequest)
      .mutation(async ({ ctx, input }): Promise<KnownFields<TextCompletion>> => {
        const answer = await createTextCompletion(deps, jsonOf(ctx, input), ctx.caller);
        ctx.respond?.(answer);
        return answer.value;
      }),
    TextCompletion,
  ),
  stream: procedure.input(TextCompletionRequest.extend(Resume)).subscription(({ ctx, input }) => {
    const { lastEventId, ...request } = input;
    refuseResume(lastEventId);
    const chunks = streamTextCompletion(deps, jsonOf(ctx, request), ctx.caller);
    return new TrackedStream(chunks, showText, { socket: ctx.socket, signal: ctx.caller.signal });
  }),
});
