import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { Json } from '../../canonical/json.ts';

/** A whole answer as the one chunk of a stream. */
function toChunk({ object: _, choices, ...rest }: ChatCompletion): ChatCompletionChunk {
  return {
    ...rest,
    object: 'chat.completion.chunk',
    choices: choices.map(({ message, ...choice }) => {
      const { tool_calls: calls, ...said } = message;
      const numbered = calls?.map((call, index) => ({ ...call, index }));
      return { ...choice, delta: { ...said, ...(numbered ? { tool_calls: numbered } : {}) } };
    }),
  };
}

/** The log of an answer that was asked for as a whole, for those who read streams. */
export async function* completionAsChunk(
  events: AsyncGenerator<Json<ChatCompletion>[], void, void>,
): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
  for await (const batch of events) yield batch.map(({ value }) => Json.ofValue(toChunk(value)));
}
