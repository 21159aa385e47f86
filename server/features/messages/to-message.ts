import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { Message } from '../../../contracts/messages/answer.ts';
import { collectMessage } from './collect-message.ts';
import { MessageWriter } from './message-writer.ts';

type Choice = ChatCompletion['choices'][number];

/** A whole answer as the pieces of a stream: its reasoning, its text, its calls. */
function toDeltas({ message, ...choice }: Choice): ChatCompletionChunk['choices'] {
  const { content, tool_calls: calls, refusal, images, ...reasoning } = message;
  const said = { content, refusal, images };
  const called = { tool_calls: (calls ?? []).map((call, index) => ({ ...call, index })) };
  const end = { ...choice, delta: {} };
  return [
    ...[reasoning, said, called].map((delta) => ({ index: 0, delta, finish_reason: null })),
    { ...end, finish_reason: choice.finish_reason ?? 'stop' },
  ];
}

/** A whole answer is written as the stream that it could have been: one meaning, in one place. */
export function toMessage(completion: ChatCompletion, model: string, taken: ReadonlySet<string>): Message {
  const { id, created, choices, usage } = completion;
  const writer = new MessageWriter(model, taken);
  const [choice] = choices;
  const chunk = { id, object: 'chat.completion.chunk' as const, created, model, usage };
  const events = writer.read({ ...chunk, choices: choice ? toDeltas(choice) : [] });
  return collectMessage([...events, ...writer.finish()]);
}
