import { EmbeddingRequest, type EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import type { Json } from '../../canonical/json.ts';
import type { Caller } from '../access/caller.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { toCall } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { tokensOf } from '../metering/expect-tokens.ts';
import { Meter } from '../metering/meter.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { type Capable, pickCapable } from '../routing/pick-capable.ts';
import { joinEmbeddings, sumUsage } from './join-embeddings.ts';

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

function tokensIn(input: EmbeddingRequest['input']): number {
  const items: readonly (string | number | readonly number[])[] = Array.isArray(input) ? input : [input];
  return items.reduce<number>((sum, item) => {
    if (typeof item === 'string') return sum + tokensOf(Buffer.byteLength(item));
    return sum + (typeof item === 'number' ? 1 : item.length);
  }, 0);
}

/** `POST /v1/embeddings`: the vectors in the format that was asked for, whatever the upstream sends. */
export async function createEmbeddings(
  { catalog, dispatcher, usage }: CompletionDeps,
  request: Json<EmbeddingRequest>,
  caller: Caller,
): Promise<Json<EmbeddingResponse>> {
  const { value } = request;
  refuseLookalikes(value, checkedFields);
  const model = catalog.for(caller.principal).get(value.model, 'embeddings');
  const backends = pickCapable(model, 'embed');
  // Every text finds its vector at one and the same backend: those of two are not comparable.
  const job = { model, backends, caller, affinityKey: () => value.user ?? '' };
  const meter = new Meter(usage, 'v1.embeddings', model, caller, request.bytes.length);
  await meter.admit(() => ({ promptTokens: tokensIn(value.input), completionTokens: 0, images: 0 }));
  try {
    const joined = await dispatcher.complete(job, (backend) => {
      meter.backend = backend;
      return embedAll(backend, { model, request, caller, meter });
    });
    meter.end();
    return joined;
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

interface Embedding {
  readonly model: CatalogModel;
  readonly request: Json<EmbeddingRequest>;
  readonly caller: Caller;
  readonly meter: Meter;
}

async function embedAll(
  backend: Capable<'embed'>,
  { model, request, caller, meter }: Embedding,
): Promise<Json<EmbeddingResponse>> {
  const { value } = request;
  const answers: { answer: Json<EmbeddingResponse>; count: number }[] = [];
  const batches = split(value.input, backend.maxBatch);
  for (const input of batches) {
    const changes = batches.length > 1 ? { input } : {};
    const answer = await backend.provider.embed(toCall({ model, backend, changes, applied: [] }, request, caller));
    answers.push({ answer, count: countOf(input) });
    meter.answered();
    const spent = sumUsage(answers.map((part) => part.answer.value.usage));
    if (spent) meter.report({ ...spent, completion_tokens: 0 });
  }
  return joinEmbeddings(answers, value.encoding_format ?? 'float');
}
