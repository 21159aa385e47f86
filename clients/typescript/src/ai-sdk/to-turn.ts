import type { TurnRequest } from '../router-types.ts';
import type { ChatPlace } from './chat-place.ts';
import type { UiMessage, UiPart } from './ui-types.ts';

export interface Submitted {
  readonly trigger: 'submit-message' | 'regenerate-message';
  readonly messageId: string | undefined;
  readonly messages: readonly UiMessage[];
}

type Added = Pick<TurnRequest, 'message' | 'tool_results' | 'regenerate' | 'parent_message_id'>;
type Content = NonNullable<TurnRequest['message']>;
type ContentPart = Exclude<Content, string>[number];

function toContentPart({ type, text, url = '', mediaType = '', filename }: UiPart): ContentPart[] {
  if (type === 'text') return [{ type: 'text', text: text ?? '' }];
  if (type !== 'file') return [];
  if (mediaType.startsWith('image/')) return [{ type: 'image_url', image_url: { url } }];
  const sound = /^data:audio\/(?:x-)?([\w-]+)[^,]*,(.*)$/s.exec(url);
  if (sound) {
    const format = sound[1] === 'mpeg' ? 'mp3' : (sound[1] ?? '');
    return [{ type: 'input_audio', input_audio: { data: sound[2] ?? '', format } }];
  }
  return [{ type: 'file', file: { file_data: url, ...(filename === undefined ? {} : { filename }) } }];
}

function toContent({ parts }: UiMessage): Content {
  const isText = parts.every(({ type }) => type === 'text');
  return isText ? parts.map(({ text }) => text).join('') : parts.flatMap(toContentPart);
}

/** The results of the last step. Those of earlier steps were sent when these calls were made. */
function toResults({ parts }: UiMessage): NonNullable<TurnRequest['tool_results']> {
  const lastStep = parts.slice(parts.findLastIndex(({ type }) => type === 'step-start') + 1);
  return lastStep.flatMap(({ toolCallId, state, output, errorText }) => {
    if (toolCallId === undefined) return [];
    if (state === 'output-error') return [{ tool_call_id: toolCallId, content: errorText ?? '', is_error: true }];
    if (state !== 'output-available') return [];
    return [
      { tool_call_id: toolCallId, content: typeof output === 'string' ? output : JSON.stringify(output ?? null) },
    ];
  });
}

/** Where a question stands: after the answer before it. The ids of questions are the page's own. */
function parentOf(messages: readonly UiMessage[], place: ChatPlace): string | null {
  const before = messages.slice(0, -1).findLast(({ role }) => role === 'assistant');
  return before ? place.tailOf(before.id) : null;
}

/**
 * What a request of the AI SDK adds to the conversation. The gateway remembers the rest. `submit-message` is three things:
 * a message, another one in the place of one, and results of tools.
 */
export function toTurn({ trigger, messageId, messages }: Submitted, place: ChatPlace): Added {
  const last = messages.at(-1);
  if (!last) return {};
  if (last.role === 'assistant') return { tool_results: toResults(last) };
  const answer = place.answerTo(last.id);
  if (trigger === 'regenerate-message' && answer !== undefined) return { regenerate: answer };
  // A question whose turn failed before it was stored is sent once more, where it stood.
  const isAgain = trigger === 'submit-message' && messageId !== undefined;
  const parent = isAgain && place.conversationId ? { parent_message_id: parentOf(messages, place) } : {};
  return { ...parent, message: toContent(last) };
}
