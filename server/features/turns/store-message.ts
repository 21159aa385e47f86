import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { ChatMessage, Content, ContentPart, ImagePart } from '../../../contracts/chat/message.ts';
import type { ToolResult, TurnRequest } from '../../../contracts/chat/turn.ts';
import { isLong, writeAsText } from '../../canonical/write-in-steps.ts';
import { inTurns } from '../../event-loop/in-turns.ts';
import { EMPTY_ANSWER, type NewMessage } from '../../store/interface/conversations.ts';

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

/** A message as it goes to the store. One with pictures is written in steps, because it is megabytes. */
export const toNewMessage = async (role: NewMessage['role'], message: ChatMessage): Promise<NewMessage> => ({
  role,
  prompt: isLong(message) ? await inTurns(writeAsText(message)) : JSON.stringify(message),
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

/** What a turn adds to its conversation before it is answered: results of tools first, as every dialect demands. */
export async function newMessages(turn: TurnRequest): Promise<NewMessage[]> {
  const results = await Promise.all(
    (turn.tool_results ?? []).map((result) => toNewMessage('tool', toolMessage(result))),
  );
  const content = contentOf(turn);
  return content === undefined ? results : [...results, await toNewMessage('user', { role: 'user', content })];
}

/**
 * Pictures stay in the prompt as content parts, so that the next turn can ask for changes. An address that an upstream
 * gave is kept as words: addresses reach no upstream.
 */
function answerContent(text: string, images: readonly ImagePart[]): Content {
  // What an upstream sends is not checked: an entry of another shape is no picture.
  const shown = images.filter((image) => typeof image?.image_url?.url === 'string');
  if (shown.length === 0) return text;
  const parts = shown.map(({ image_url: { url }, extra_content }): ContentPart => {
    if (!/^data:/i.test(url.slice(0, 5))) return { type: 'text', text: `![image](${url})` };
    // Gemini signs its pictures, and wants the signature back.
    return { type: 'image_url', image_url: { url }, ...(extra_content ? { extra_content } : {}) };
  });
  return text === '' ? parts : [{ type: 'text', text }, ...parts];
}

interface StoredAnswer {
  readonly prompt: string;
  readonly text: string;
  readonly reasoning: string | null;
  readonly finishReason: string | null;
}

/**
 * An answer as it goes to the store. Reasoning is kept beside it, and stays in the prompt only with tool calls: models
 * go on from it there, and some upstreams refuse it elsewhere.
 */
export function storedAnswer(completion: ChatCompletion | null): StoredAnswer {
  const choice = completion?.choices[0];
  if (!choice?.message) return { prompt: EMPTY_ANSWER, text: '', reasoning: null, finishReason: null };
  const { content, images, tool_calls: calls, reasoning_details } = choice.message;
  const { reasoning_content, reasoning: alternative } = choice.message;
  const reasoning = reasoning_content ?? (typeof alternative === 'string' ? alternative : null);
  const thoughts = {
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(reasoning_details ? { reasoning_details } : {}),
  };
  const message = {
    role: 'assistant',
    content: answerContent(content ?? '', images ?? []) || (calls?.length ? null : ''),
    ...(calls?.length ? { tool_calls: calls, ...thoughts } : {}),
  };
  return { prompt: JSON.stringify(message), text: content ?? '', reasoning, finishReason: choice.finish_reason };
}
