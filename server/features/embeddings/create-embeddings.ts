import type { Usage } from '../../../contracts/chat/completion.ts';
import { EmbeddingRequest, type EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import type { Json } from '../../canonical/json.ts';
import type { Caller } from '../access/caller.ts';
import { checkFields, senderOf, throwFault } from '../access/check-fields.ts';
import { endUserOf } from '../access/end-user.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { messages } from '../chat/known-content.ts';
import { toCall } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { expectPrompt } from '../metering/expect-tokens.ts';
import { MeasuredPrompt } from '../metering/measured-prompt.ts';
import { type Attempt, runMetered } from '../metering/run-metered.ts';
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

/** `POST /v1/embeddings`: the vectors in the format that was asked for, whatever the upstream sends. */
export async function createEmbeddings(
  deps: CompletionDeps,
  request: Json<EmbeddingRequest>,
  caller: Caller,
): Promise<Json<EmbeddingResponse>> {
  const { value } = request;
  refuseLookalikes(value, checkedFields);
  const model = deps.catalog.for(caller.principal).get(value.model, 'embeddings');
  checkFields(caller.principal, model, 'embeddings', value);
  // vLLM embeds chats with pictures: https://docs.vllm.ai/en/latest/models/pooling_models
  if (value.messages != null) throwFault(messages(value.messages, senderOf(caller.principal, model)), 'messages');
  return runMetered(deps, {
    request: {
      operation: 'v1.embeddings',
      // Every text finds its vector at one and the same backend: those of two are not comparable.
      job: { model, backends: pickCapable(model, 'embed'), caller, affinityKey: () => value.user ?? '' },
      endUser: endUserOf(value.user, 'user'),
      requestBytes: request.receivedBytes,
      expect: () => expectPrompt(new MeasuredPrompt(() => [value])),
    },
    attempt: (attempt) => embedAll(model, request, attempt),
  });
}

async function embedAll(
  model: CatalogModel,
  request: Json<EmbeddingRequest>,
  { backend, caller, meter }: Attempt<Capable<'embed'>>,
): Promise<Json<EmbeddingResponse>> {
  const { value } = request;
  const answers: { answer: Json<EmbeddingResponse>; count: number }[] = [];
  const batches = split(value.input, backend.maxBatch);
  for (const input of batches) {
    const changes = batches.length > 1 ? { input } : {};
    const answer = await backend.provider.embed(toCall({ model, backend, changes, applied: [] }, request, caller));
    answers.push({ answer, count: countOf(input) });
    meter.recordFirstToken();
    const spent = sumUsage(answers.map((part) => part.answer.value.usage));
    // One part without counts leaves all of them to an estimate.
    meter.recordUsage({ ...(spent ?? NO_TOKENS), completion_tokens: 0 });
  }
  return withPrompt(joinEmbeddings(answers, value.encoding_format ?? 'float'), meter.shown);
}

const NO_TOKENS = { prompt_tokens: 0, total_tokens: 0 };

/** The vectors with the counts that the request is paid by. They stay the bytes that came where those are the upstream's. */
function withPrompt(answer: Json<EmbeddingResponse>, shown: Usage | null): Json<EmbeddingResponse> {
  const { usage } = answer.value;
  if (!shown || (usage?.prompt_tokens === shown.prompt_tokens && usage.total_tokens >= shown.prompt_tokens)) {
    return answer;
  }
  const { prompt_tokens: prompt } = shown;
  return answer.with({ usage: { ...usage, prompt_tokens: prompt, total_tokens: prompt } });
}
