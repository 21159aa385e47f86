import type { InputMessage } from '../../../contracts/messages/request.ts';
import { isEncoded } from './encode-details.ts';

/** Thinking that another model did: Anthropic knows no such signature and would refuse the request. */
const isForeign = (block: Exclude<InputMessage['content'], string>[number]) =>
  (block.type === 'thinking' && (!block.signature || isEncoded(String(block.signature)))) ||
  (block.type === 'redacted_thinking' && isEncoded(String(block.data)));

/** The request as an upstream of Anthropic's own dialect gets it. */
export function toOriginal(request: { readonly messages: readonly InputMessage[] }): Record<string, unknown> {
  const messages = request.messages.map((message) => {
    const { role, content } = message;
    if (role !== 'assistant' || typeof content === 'string' || !content.some(isForeign)) return message;
    return { ...message, content: content.filter((block) => !isForeign(block)) };
  });
  return { ...request, messages: messages.filter(({ content }) => content.length > 0) };
}
