import type { ChatCompletionChunk, TurnChunk } from '@duplex/client';
import type { AnswerEvent } from '../answer.ts';

/** What a chunk of `/v1` or `/c1` says. */
export function readChunk(chunk: ChatCompletionChunk | TurnChunk): AnswerEvent[] {
  const events: AnswerEvent[] = [];
  if (chunk.gateway) events.push({ type: 'note', note: chunk.gateway });
  if ('conversation_id' in chunk && chunk.conversation_id) {
    events.push({ type: 'conversation', id: chunk.conversation_id });
  }
  if ('run_id' in chunk && chunk.run_id) events.push({ type: 'run', id: chunk.run_id });
  for (const { delta, finish_reason } of chunk.choices) {
    const reasoning = delta.reasoning_content ?? delta.reasoning;
    if (reasoning) events.push({ type: 'reasoning', text: reasoning });
    if (delta.content) events.push({ type: 'text', text: delta.content });
    if (delta.refusal) events.push({ type: 'refusal', text: delta.refusal });
    for (const call of delta.tool_calls ?? []) {
      events.push({
        type: 'call',
        index: call.index,
        ...(call.id ? { id: call.id } : {}),
        ...(call.function?.name ? { name: call.function.name } : {}),
        piece: call.function?.arguments ?? '',
      });
    }
    for (const { image_url } of delta.images ?? []) events.push({ type: 'picture', url: image_url.url });
    if (finish_reason) events.push({ type: 'finish', reason: finish_reason });
  }
  if (chunk.usage) {
    const { prompt_tokens, completion_tokens, completion_tokens_details } = chunk.usage;
    events.push({
      type: 'tokens',
      tokens: {
        prompt: prompt_tokens,
        completion: completion_tokens,
        reasoning: completion_tokens_details?.reasoning_tokens ?? 0,
      },
    });
  }
  return events;
}
