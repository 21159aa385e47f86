import { type Body, type Draft, given, type Message } from '../draft.ts';
import { sampling, toContent } from './chat-body.ts';

/** Only what is new: the gateway has the rest. */
export function toTurnBody(draft: Draft, messages: readonly Message[]): Body {
  const afterAnswer = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const results = afterAnswer.flatMap((message) =>
    message.role === 'tool'
      ? [
          {
            tool_call_id: message.result.id,
            content: message.result.content,
            ...(message.result.failed ? { is_error: true } : {}),
          },
        ]
      : [],
  );
  const question = afterAnswer.findLast((message) => message.role === 'user');
  return {
    ...given({ model: draft.model, conversation_id: draft.conversationId, system_prompt: draft.system }),
    ...(question ? { message: toContent(question.text, question.attachments) } : {}),
    ...(results.length === 0 ? {} : { tool_results: results }),
    ...sampling(draft),
    stream_options: { include_usage: true },
  };
}
