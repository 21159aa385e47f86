import { type TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Json } from '../../providers/json.ts';
import type { ProviderCall } from '../../providers/provider.ts';
import type { Caller } from '../chat/caller.ts';
import type { CompletionDeps } from '../chat/create-completion.ts';
import { answersOf, tokensOf } from '../chat/estimate-tokens.ts';
import { Meter } from '../chat/meter.ts';
import { applyConstraints } from '../chat/plan-chat.ts';
import { refuseLookalikes } from '../chat/refuse-lookalikes.ts';
import { relayStream } from '../chat/relay-chunks.ts';
import { pickCapable } from './pick-capable.ts';

const checkedFields: ReadonlySet<string> = new Set(Object.keys(TextCompletionRequest.shape));

/** Where a request does not say: OpenAI stops at 16, others at the end of the text. */
const DEFAULT_ANSWER_TOKENS = 1_024;

/** Decides everything before anything is sent; `meter` is yet to be ended. */
async function begin(
  { catalog, usage }: CompletionDeps,
  request: Json<TextCompletionRequest>,
  stream: boolean,
  caller: Caller,
) {
  const { value } = request;
  refuseLookalikes(value, checkedFields);
  const model = catalog.for(caller.principal).get(value.model, 'completions');
  const backend = pickCapable(model, 'completeText', 'streamText');
  const { max_tokens, stream_options } = value;
  const { changes } = applyConstraints({ model, backend }, { max_tokens, stream, stream_options }, () => [], caller);
  const call: ProviderCall<TextCompletionRequest> = {
    model: backend.model,
    alias: model.alias,
    request,
    changes,
    signal: caller.signal,
  };
  const meter = new Meter(usage, 'v1.completions', { model, backend }, caller, request.bytes.length);
  const { n, best_of } = value;
  await meter.admit(() => ({
    promptTokens: tokensOf(request.bytes.length),
    completionTokens: (max_tokens ?? DEFAULT_ANSWER_TOKENS) * answersOf(best_of ?? n),
    images: 0,
  }));
  return { provider: backend.provider, call, meter };
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
  const { provider, call, meter } = await begin(deps, request, false, caller);
  try {
    const answer = await provider.completeText(call);
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
export async function* streamTextCompletion(
  deps: CompletionDeps,
  request: Json<TextCompletionRequest>,
  caller: Caller,
): AsyncGenerator<Json<TextCompletion>[], void, void> {
  const { provider, call, meter } = await begin(deps, request, true, caller);
  const includeUsage = request.value.stream_options?.include_usage === true;
  yield* relayStream(provider.streamText(call), includeUsage, meter);
}
