import { type TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import { estimateTokens } from '../../canonical/estimate-tokens.ts';
import { isToken } from '../../canonical/is-token.ts';
import type { Json } from '../../canonical/json.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../access/caller.ts';
import { checkFields } from '../access/check-fields.ts';
import { endUserOf } from '../access/end-user.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { applyConstraints, toCall } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { ChunkRelay } from '../chat/relay-chunks.ts';
import { expectAnswer } from '../metering/expect-tokens.ts';
import { type Attempt, type MeteredRequest, runMetered, streamMetered } from '../metering/run-metered.ts';
import { withUsage } from '../metering/show-usage.ts';
import type { CatalogModel } from '../models/catalog.ts';
import { beginningOf } from '../routing/affinity-key.ts';
import { type Capable, pickCapable } from '../routing/pick-capable.ts';

const checkedFields: ReadonlySet<string> = new Set(Object.keys(TextCompletionRequest.shape));

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
  { value, receivedBytes }: Json<TextCompletionRequest>,
  caller: Caller,
): MeteredRequest<Backend> {
  const { prompt, user } = value;
  const backends = pickCapable(model, 'completeText', 'streamText');
  return {
    operation: 'v1.completions',
    job: {
      model,
      backends,
      caller,
      affinityKey: () => user ?? beginningOf(prompt),
    },
    endUser: endUserOf(user, 'user'),
    requestBytes: receivedBytes,
    expect: () => {
      const expected = expectAnswer({ fields: value, forms: () => [value] }, { ...model, backends });
      return { ...expected, answers: expected.answers * promptsIn(prompt) };
    },
  };
}

function callOf(model: CatalogModel, request: Json<TextCompletionRequest>, stream: boolean) {
  const { max_tokens, stream_options } = request.value;
  return ({ backend, caller, meter }: Attempt) => {
    const target = { model, backend, answerLimit: meter.answerLimit };
    const plan = applyConstraints(target, { max_tokens, stream, stream_options }, () => [], caller);
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
    throw invalidField(
      'stream',
      'Set `stream` to false: over tRPC, use the `v1.completions.stream` subscription to stream.',
    );
  }
  const model = planText(deps, request, caller);
  const toTextCall = callOf(model, request, false);
  return runMetered(deps, {
    request: toMetered(model, request, caller),
    shortens: true,
    async attempt(attempt) {
      const { backend, meter } = attempt;
      let begunAt: number | undefined;
      const onFirstToken = () => {
        begunAt = monotonicNow();
      };
      const answer = await backend.provider.completeText({ ...toTextCall(attempt), onFirstToken });
      meter.recordFirstToken(begunAt);
      for (const { text } of answer.value.choices) meter.recordChunk(estimateTokens(text));
      meter.recordUsage(answer.value.usage);
      return withUsage(answer, meter);
    },
  });
}

/**
 * Creates a legacy completion as a stream. Nothing happens before the first pull, so early failures are still plain
 * errors.
 */
export function streamTextCompletion(
  deps: CompletionDeps,
  request: Json<TextCompletionRequest>,
  caller: Caller,
): AsyncGenerator<Json<TextCompletion>[], void, void> {
  return streamMetered(deps, () => {
    const model = planText(deps, request, caller);
    const toTextCall = callOf(model, request, true);
    const chunks = new ChunkRelay<TextCompletion>(request.value.stream_options?.include_usage === true);
    return {
      request: toMetered(model, request, caller),
      isToken: (chunk: TextCompletion) => isToken(chunk),
      open: (attempt) => attempt.backend.provider.streamText(toTextCall(attempt)),
      relay: (batch, meter) => chunks.relay(batch, meter),
      end: (meter) => chunks.end(meter),
    };
  });
}
