import { type TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import { isToken } from '../../canonical/is-token.ts';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Caller } from '../access/caller.ts';
import { checkUpstreamChoice } from '../chat/check-upstream-choice.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { applyConstraints, toCall } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { beginRelay, relayStream } from '../chat/relay-chunks.ts';
import { answersOf, tokensOf } from '../metering/expect-tokens.ts';
import { Meter } from '../metering/meter.ts';
import type { Backend } from '../models/catalog.ts';
import { pickCapable } from '../routing/pick-capable.ts';

/** Enough to tell prompts apart, in characters. */
const PREFIX = 4096;

const checkedFields: ReadonlySet<string> = new Set(Object.keys(TextCompletionRequest.shape));

/** Where a request does not say: OpenAI stops at 16, others at the end of the text. */
const DEFAULT_ANSWER_TOKENS = 1_024;

/** Decides what can be decided before anything is sent, and lets the request in; the meter is yet to be ended. */
/** A list of texts, or of token lists, is as many prompts; a list of tokens is one. */
const promptsIn = (prompt: TextCompletionRequest['prompt']): number =>
  Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1;

async function prepare(
  { catalog, usage }: CompletionDeps,
  request: Json<TextCompletionRequest>,
  stream: boolean,
  caller: Caller,
) {
  const { value } = request;
  refuseLookalikes(value, checkedFields);
  const model = catalog.for(caller.principal).get(value.model, 'completions');
  checkUpstreamChoice(model, value, caller.principal);
  const { max_tokens, stream_options, prompt, user, n, best_of } = value;
  const job = {
    model,
    backends: pickCapable(model, 'completeText', 'streamText'),
    caller,
    affinityKey: () => user ?? JSON.stringify(prompt).slice(0, PREFIX),
  };
  const meter = new Meter(usage, 'v1.completions', model, caller, request.bytes.length);
  const callOf = (backend: Backend, attempting: Caller) => {
    meter.backend = backend;
    const fields = { max_tokens, stream, stream_options };
    const plan = applyConstraints({ model, backend }, fields, () => [], caller);
    return toCall(plan, request, attempting);
  };
  await meter.admit(() => ({
    promptTokens: tokensOf(request.bytes.length),
    completionTokens:
      (max_tokens ?? DEFAULT_ANSWER_TOKENS) * Math.max(answersOf(best_of), answersOf(n)) * promptsIn(prompt),
    images: 0,
  }));
  return { job, callOf, meter };
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
  const { job, callOf, meter } = await prepare(deps, request, false, caller);
  try {
    const answer = await deps.dispatcher.complete(job, (backend) =>
      backend.provider.completeText(callOf(backend, caller)),
    );
    meter.chunk();
    meter.report(answer.value.usage);
    meter.end();
    return answer;
  } catch (error) {
    meter.end(error);
    throw error;
  }
}

/** The same as a stream. Nothing happens before the first pull, so early failures are still plain errors. */
export function streamTextCompletion(
  deps: CompletionDeps,
  request: Json<TextCompletionRequest>,
  caller: Caller,
): AsyncGenerator<Json<TextCompletion>[], void, void> {
  return relayStream(async () => {
    const { job, callOf, meter } = await prepare(deps, request, true, caller);
    const opening = deps.dispatcher.open(job, isToken, (backend, attempting) =>
      backend.provider.streamText(callOf(backend, attempting)),
    );
    const begun = await beginRelay(meter, opening);
    return { begun, includeUsage: request.value.stream_options?.include_usage === true, meter };
  });
}
