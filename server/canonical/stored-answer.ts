import type { ChatCompletion } from '../../contracts/chat/completion.ts';
import type { Content, ContentPart, ImagePart } from '../../contracts/chat/message.ts';

/** The `prompt` of an answer without content: it has not begun, or has failed, or its process was killed. */
export const EMPTY_ANSWER = '{"role":"assistant","content":""}';

/**
 * The content of a stored answer. Pictures stay in it as content parts, so that the next turn can ask for changes. A
 * URL of a picture is kept as text, because URLs are never sent upstream.
 */
function answerContent(text: string, images: readonly ImagePart[]): Content {
  // The upstream's data is unchecked. An entry of another shape is not a picture.
  const shown = images.filter((image) => typeof image?.image_url?.url === 'string');
  if (shown.length === 0) return text;
  const parts = shown.map(({ image_url: { url }, extra_content }): ContentPart => {
    if (!/^data:/i.test(url.slice(0, 5))) return { type: 'text', text: `![image](${url})` };
    // Gemini signs its pictures, and wants the signature back.
    return { type: 'image_url', image_url: { url }, ...(extra_content ? { extra_content } : {}) };
  });
  return text === '' ? parts : [{ type: 'text', text }, ...parts];
}

export interface StoredAnswer {
  readonly prompt: string;
  readonly text: string;
  readonly reasoning: string | null;
  readonly finishReason: string | null;
}

/**
 * An answer in the form in which it is stored. Reasoning is stored beside it. It only stays in the prompt with tool
 * calls: there models continue from it, and elsewhere some upstreams refuse it.
 */
export function storedAnswer(completion: ChatCompletion | null): StoredAnswer {
  const choice = completion?.choices[0];
  if (!choice?.message) return { prompt: EMPTY_ANSWER, text: '', reasoning: null, finishReason: null };
  const { content, refusal, images, tool_calls: calls, reasoning_details } = choice.message;
  // A refusal is kept as text: not every upstream knows the field, and some refuse a message without content.
  const text = [content, refusal].filter((said) => typeof said === 'string' && said !== '').join('\n\n');
  const { reasoning_content, reasoning: alternative } = choice.message;
  const reasoning = reasoning_content ?? (typeof alternative === 'string' ? alternative : null);
  const thoughts = {
    ...(reasoning ? { reasoning_content: reasoning } : {}),
    ...(reasoning_details ? { reasoning_details } : {}),
  };
  const message = {
    role: 'assistant',
    content: answerContent(text, images ?? []) || (calls?.length ? null : ''),
    ...(calls?.length ? { tool_calls: calls, ...thoughts } : {}),
  };
  return { prompt: JSON.stringify(message), text, reasoning, finishReason: choice.finish_reason };
}
