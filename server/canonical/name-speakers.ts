import type { ChatMessage } from '../../contracts/chat/message.ts';

/**
 * Writes the speaker's name before the text. Assistant messages stay unchanged; otherwise the model would learn to
 * write names.
 */
function withoutName({ name, ...message }: ChatMessage): ChatMessage {
  if (message.role !== 'user' || !name) return message;
  const { content } = message;
  const head = `${name}: `;
  if (!Array.isArray(content)) return { ...message, content: `${head}${content ?? ''}` };
  const [first] = content;
  if (first?.type !== 'text' || typeof first.text !== 'string') {
    return { ...message, content: [{ type: 'text', text: head.trimEnd() }, ...content] };
  }
  return { ...message, content: [{ ...first, text: head + first.text }, ...content.slice(1)] };
}

/** Whether a message has a speaker's name. A tool's name only repeats that of its call. */
const isNamed = ({ role, name }: ChatMessage): boolean => name !== undefined && role !== 'tool' && role !== 'function';

/**
 * The messages for models whose messages have no `name`: the name of a user is written before the text. Returns the
 * very same list when nobody has a name.
 */
export const nameSpeakers = (messages: readonly ChatMessage[]): readonly ChatMessage[] =>
  messages.some(isNamed) ? messages.map((message) => (isNamed(message) ? withoutName(message) : message)) : messages;
