import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { gatherInstructions } from '../../canonical/gather-instructions.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { EngineChatMessage } from './llama-binding.ts';

/** The messages in the form that chat templates know: text only, and only the usual roles. */
export function toMessages(messages: readonly ChatMessage[]): EngineChatMessage[] {
  const spoken = messages.findIndex(({ audio }) => audio != null);
  if (spoken >= 0) throw invalidField(`messages[${spoken}].audio`, 'The embedded engine accepts only text.');
  return gatherInstructions(messages).map((message, index) => {
    const { content, role, tool_calls, ...rest } = message;
    return {
      ...rest,
      role: role === 'function' ? 'tool' : role,
      content: toText(content, `messages[${index}].content`),
      ...(tool_calls && tool_calls.length > 0 ? { tool_calls: tool_calls.map(toTemplateCall) } : {}),
    };
  });
}

const MEDIA: ReadonlySet<string> = new Set(['image_url', 'input_audio', 'video_url', 'file']);

function toText(content: ChatMessage['content'], param: string): string {
  if (typeof content === 'string') return content;
  return (content ?? [])
    .map((part, index) => {
      if (part.type === 'text' && typeof part.text === 'string') return part.text;
      if (!MEDIA.has(part.type))
        throw invalidField(`${param}[${index}].type`, 'The embedded engine accepts only text.');
      throw new AppError('modality_not_supported', `The embedded model accepts only text, not ${part.type}.`, {
        param: `${param}[${index}]`,
      });
    })
    .join('\n');
}

/** Sets `type: 'function'` on a call. Templates only show calls that have it, and our contract does not demand it. */
function toTemplateCall(call: NonNullable<ChatMessage['tool_calls']>[number]): Record<string, unknown> {
  return { ...call, type: call.type ?? 'function' };
}
