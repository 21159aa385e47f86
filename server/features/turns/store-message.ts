import type { ChatMessage, Content } from '../../../contracts/chat/message.ts';
import type { ToolResult, TurnRequest } from '../../../contracts/turns/turn.ts';
import { writeExact } from '../../canonical/exact-json.ts';
import { isLong, writeAsText } from '../../canonical/write-in-steps.ts';
import { inTurns } from '../../event-loop/in-turns.ts';
import type { NewMessage } from '../../store/interface/turns.ts';

/** The words of a content, for the search. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.flatMap((part: { text?: unknown }) => (typeof part.text === 'string' ? [part.text] : [])).join('\n');
}

/** The content parts that the `images` shortcut stands for. */
function contentOf({ message, images }: TurnRequest): Content | undefined {
  if (!images || images.length === 0) return message;
  const parts = typeof message === 'string' ? [{ type: 'text' as const, text: message }] : (message ?? []);
  return [...parts, ...images.map((image) => ({ type: 'image_url' as const, image_url: image }))];
}

/** A message as JSON. One with pictures is written in steps, because it is megabytes. */
export const writeMessage = async (message: ChatMessage): Promise<string> =>
  isLong(message) ? inTurns(writeAsText(message)) : writeExact(message);

/** A message as it goes to the store. */
export const toNewMessage = async (role: NewMessage['role'], message: ChatMessage): Promise<NewMessage> => ({
  role,
  prompt: await writeMessage(message),
  text: textOf(message.content),
});

/** The id comes first: by it a stored result is known to belong to its call. */
const toolMessage = ({ tool_call_id, content, is_error, role: _, ...rest }: ToolResult): ChatMessage => ({
  role: 'tool',
  tool_call_id,
  content,
  ...(is_error ? { is_error } : {}),
  ...rest,
});

/** The messages that a turn adds before its answer. Results of tools come first, because every dialect demands that. */
export async function newMessages(turn: TurnRequest): Promise<NewMessage[]> {
  const results = await Promise.all(
    (turn.tool_results ?? []).map((result) => toNewMessage('tool', toolMessage(result))),
  );
  const content = contentOf(turn);
  // A turn that answers a question again adds no message of the user.
  const isSilent = content === undefined || (content.length === 0 && results.length === 0);
  return isSilent ? results : [...results, await toNewMessage('user', { role: 'user', content })];
}
