import { type TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import { isToken } from '../../canonical/is-token.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import { checkFields } from '../access/check-fields.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { applyConstraints, toCall } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { relayChunks } from '../chat/relay-chunks.ts';
import { answersOf, tokensOf } from '../metering/expect-tokens.ts';
import { type Attempt, type MeteredRequest, runMetered, streamMetered } from '../metering/run-metered.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { type Capable, pickCapable } from '../routing/pick-capable.ts';

/** Enough to tell prompts apart, in characters. */
const PREFIX = 4096;

const checkedFields: ReadonlySet<string> = new Set(Object.keys(TextCompletionRequest.shape));

/** Where a request does not say: OpenAI stops at 16, others at the end of the text. */
const DEFAULT_ANSWER_TOKENS = 1_024;

type Backend = Capable<'completeText' | 'streamText'>;

/** A list of texts, or of token lists, is as many prompts; a list of tokens is one. */
const promptsIn = (prompt: TextCompletionRequest['prompt']): number =>
  Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1;

/** Finds the model and checks what can be checked before anything is sent. */
function planText({ catalog }: CompletionDeps, { value }: Json<TextCompletionRequest>, caller: Caller): CatalogModel {
  refuseLookalikes(value, checkedFields);
  const model = catalog.for(caller.principal).get(value.model, 'completions');
  checkFields(caller.principal, model, 'completions', value);
  return model;
}

function toMetered(
  model: CatalogModel,
  { value, bytes }: Json<TextCompletionRequest>,
  caller: Caller,
): MeteredRequest<Backend> {
  const { max_tokens, prompt, user, n, best_of } = value;
  return {
    operation: 'v1.completions',
    job: {
      model,
      backends: pickCapable(model, 'completeText', 'streamText'),
      caller,
      affinityKey: () => user ?? JSON.stringify(prompt).slice(0, PREFIX),
    },
    promptBytes: bytes.length,
    expect: () => ({
      promptTokens: tokensOf(bytes.length),
      completionTokens:
        (max_tokens ?? DEFAULT_ANSWER_TOKENS) * Math.max(answersOf(best_of), answersOf(n)) * promptsIn(prompt),
      images: 0,
    }),
  };
}

function callOf(model: CatalogModel, request: Json<TextCompletionRequest>, stream: boolean) {
  const { max_tokens, stream_options } = request.value;
  return ({ backend, caller }: Attempt) => {
    const plan = applyConstraints({ model, backend }, { max_tokens, stream, stream_options }, () => [], caller);
    return toCall(plan, request, caller);
  };
}

/** `POST /v1/completions`: a legacy completion, as one answer. */
export async function createTextCompletion(
  deps: CompletionDeps,
  request: Json<TextCompletionRequest>,
  caller: Caller,
): Promise<Json<TextCompletion>> {
  if (request.value.stream) {
    throw new AppError('invalid_field', 'A streamed completion is a subscription here.', { param: 'stream' });
  }
  const model = planText(deps, request, caller);
  const toTextCall = callOf(model, request, false);
  return runMetered(deps, {
    ...toMetered(model, request, caller),
    async attempt(attempt) {
      const answer = await attempt.backend.provider.completeText(toTextCall(attempt));
      attempt.meter.recordChunk();
      attempt.meter.recordUsage(answer.value.usage);
      return answer;
    },
  });
}

/** The same as a stream. Nothing happens before the first pull, so early failures are still plain errors. */
export function streamTextCompletion(
  deps: CompletionDeps,
  request: Json<TextCompletionRequest>,
  caller: Caller,
): AsyncGenerator<Json<TextCompletion>[], void, void> {
  return streamMetered(deps, () => {
    const model = planText(deps, request, caller);
    const toTextCall = callOf(model, request, true);
    const includeUsage = request.value.stream_options?.include_usage === true;
    return {
      ...toMetered(model, request, caller),
      isToken: (chunk: TextCompletion) => isToken(chunk),
      open: (attempt) => attempt.backend.provider.streamText(toTextCall(attempt)),
      relay: (batch, meter) => relayChunks(batch, includeUsage, meter),
    };
  });
}
