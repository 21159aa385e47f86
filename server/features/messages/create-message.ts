import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { Message, MessageEvent } from '../../../contracts/messages/answer.ts';
import type { InputMessage, MessageRequest } from '../../../contracts/messages/request.ts';
import { Json } from '../../canonical/json.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Caller } from '../access/caller.ts';
import { type CompletionDeps, createCompletion, streamCompletion } from '../chat/create-completion.ts';
import { MessageWriter } from './message-writer.ts';
import { planMessage } from './plan-message.ts';
import { toMessage } from './to-message.ts';
import { soundStop } from './to-stop-reason.ts';
import { soundUsage } from './to-usage.ts';

/** The upstream's own answer was already read once, so it is not checked again. */
const isMessage = (answer: unknown): answer is Message =>
  typeof answer === 'object' && answer !== null && 'type' in answer && answer.type === 'message';

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The answer of an upstream of the same dialect, unchanged except for the model's name and what clients depend on. */
const passMessage = (answer: Message, { choices: [choice], usage }: ChatCompletion, model: string): Message => ({
  ...answer,
  model,
  role: 'assistant',
  stop_reason: soundStop(textOrNull(answer.stop_reason), choice?.finish_reason),
  stop_sequence: textOrNull(answer.stop_sequence),
  usage: soundUsage(answer.usage, usage) ?? answer.usage,
});

/** The ids of the calls that the model made so far. */
function callIds(messages: readonly InputMessage[]): Set<string> {
  const ids = new Set<string>();
  for (const { content } of messages) {
    if (typeof content === 'string') continue;
    for (const { type, id } of content.map((block) => ({ id: '', ...block }))) {
      if (type === 'tool_use' && typeof id === 'string') ids.add(id);
    }
  }
  return ids;
}

/** `POST /v1/messages`: Anthropic's Messages API over whatever serves the model, as one answer. */
export async function createMessage(
  deps: CompletionDeps,
  request: MessageRequest,
  caller: Caller,
): Promise<Json<Message>> {
  if (request.stream)
    throw invalidField(
      'stream',
      'Set `stream` to false: over tRPC, use the `v1.messages.stream` subscription to stream.',
    );
  const plan = planMessage(deps.catalog.for(caller.principal), request, caller);
  const { value } = await createCompletion(deps, Json.ofValue(plan.chat), caller, plan.surface).catch((error) => {
    throw plan.explain(error);
  });
  const { original_answer: original } = value;
  return Json.ofValue(
    isMessage(original)
      ? passMessage(original, value, request.model)
      : toMessage(value, request.model, callIds(request.messages)),
  );
}

/**
 * Creates a message as a stream of events. Nothing happens before the first pull, so early failures are still plain
 * errors.
 */
export async function* streamMessage(
  deps: CompletionDeps,
  request: MessageRequest,
  caller: Caller,
): AsyncGenerator<Json<MessageEvent>[], void, void> {
  const plan = planMessage(deps.catalog.for(caller.principal), request, caller);
  const chat = { ...plan.chat, stream_options: { include_usage: true } };
  const writer = new MessageWriter(request.model, callIds(request.messages));
  try {
    for await (const batch of streamCompletion(deps, Json.ofValue(chat), caller, plan.surface)) {
      const events = batch.flatMap(({ value }) => writer.read(value));
      if (events.length > 0) yield events.map((event) => Json.ofValue(event));
    }
  } catch (error) {
    throw plan.explain(error);
  }
  yield writer.finish().map((event) => Json.ofValue(event));
}
