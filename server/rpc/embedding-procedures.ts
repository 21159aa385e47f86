import { EmbeddingRequest, EmbeddingResponse } from '../../contracts/embeddings/embedding.ts';
import type { CompletionDeps } from '../features/chat/create-completion.ts';
import { createEmbeddings } from '../features/embeddings/create-embeddings.ts';
import { createKept } from '../features/runs/answer-kept.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import { jsonOf } from './context.ts';
import { describeOperations, errorResponses } from './describe-operations.ts';
import { answers } from './output.ts';
import { sentKey } from './sent-key.ts';
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
        description: 'OpenAI-compatible, as numbers or as base64.',
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
