import { EmbeddingRequest, type EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import type { Json } from '../../providers/json.ts';
import type { Caller } from '../chat/caller.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { tokensOf } from '../chat/estimate-tokens.ts';
import { Meter } from '../chat/meter.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { joinEmbeddings, sumUsage } from './join-embeddings.ts';
import { pickCapable } from './pick-capable.ts';

const checkedFields: ReadonlySet<string> = new Set(Object.keys(EmbeddingRequest.shape));

type Input = EmbeddingRequest['input'];

/** How many texts an input is: tokens are one. */
const countOf = (input: Input): number => (Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1);

/** The input in pieces that the backend takes. */
function split(input: Input, maxBatch: number): Input[] {
  const count = countOf(input);
  if (count <= maxBatch || typeof input === 'string') return [input];
  return Array.from({ length: Math.ceil(count / maxBatch) }, (_, i) => input.slice(i * maxBatch, (i + 1) * maxBatch));
}

/** `POST /v1/embeddings`: the vectors in the format that was asked for, whatever the upstream sends. */
export async function createEmbeddings(
  { catalog, usage }: CompletionDeps,
  request: Json<EmbeddingRequest>,
  caller: Caller,
): Promise<Json<EmbeddingResponse>> {
  const { value } = request;
  refuseLookalikes(value, checkedFields);
  const model = catalog.for(caller.principal).get(value.model, 'embeddings');
  const backend = pickCapable(model, 'embed');
  caller.setHeader('x-gateway-backend', `${backend.provider.id}/${backend.model}`);
  const meter = new Meter(usage, 'v1.embeddings', { model, backend }, caller, request.bytes.length);
  await meter.admit(() => ({ promptTokens: tokensOf(request.bytes.length), completionTokens: 0, images: 0 }));
  try {
    const answers: { answer: Json<EmbeddingResponse>; count: number }[] = [];
    const batches = split(value.input, backend.maxBatch);
    for (const input of batches) {
      const answer = await backend.provider.embed({
        model: backend.model,
        alias: model.alias,
        request,
        changes: batches.length > 1 ? { input } : {},
        signal: caller.signal,
      });
      answers.push({ answer, count: countOf(input) });
      meter.answered();
      const spent = sumUsage(answers.map((part) => part.answer.value.usage));
      if (spent) meter.report({ ...spent, completion_tokens: 0 });
    }
    const joined = joinEmbeddings(answers, value.encoding_format ?? 'float');
    meter.end();
    return joined;
  } catch (error) {
    meter.end(error);
    throw error;
  }
}
