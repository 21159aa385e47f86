import type { MessageEvent } from '@duplex/client';
import { isObject } from '../../parts/json.ts';
import type { AnswerEvent } from '../answer.ts';

/** Reads the events of a message. Tool calls are counted from 0, whatever blocks stand before them. */
export function createMessageReader(): (event: MessageEvent) => AnswerEvent[] {
  const calls = new Map<number, number>();
  let prompt = 0;

  function readDelta({ delta, index = 0 }: MessageEvent): AnswerEvent[] {
    if (delta?.text) return [{ type: 'text', text: delta.text }];
    if (delta?.thinking) return [{ type: 'reasoning', text: delta.thinking }];
    const call = calls.get(index);
    return delta?.partial_json && call !== undefined ? [{ type: 'call', index: call, piece: delta.partial_json }] : [];
  }

  function readEvent(event: MessageEvent): AnswerEvent[] {
    switch (event.type) {
      case 'message_start':
        prompt = event.message?.usage.input_tokens ?? 0;
        return [];
      case 'content_block_start': {
        const block: unknown = event.content_block;
        if (!isObject(block) || block.type !== 'tool_use') return [];
        calls.set(event.index ?? 0, calls.size);
        return [{ type: 'call', index: calls.size - 1, id: String(block.id), name: String(block.name), piece: '' }];
      }
      case 'content_block_delta':
        return readDelta(event);
      case 'message_delta': {
        const { usage, delta } = event;
        return [
          ...(delta?.stop_reason ? [{ type: 'finish' as const, reason: delta.stop_reason }] : []),
          ...(usage
            ? [
                {
                  type: 'tokens' as const,
                  tokens: { prompt: usage.input_tokens || prompt, completion: usage.output_tokens, reasoning: 0 },
                },
              ]
            : []),
        ];
      }
      default:
        return [];
    }
  }

  return (event) => [...(event.gateway ? [{ type: 'note' as const, note: event.gateway }] : []), ...readEvent(event)];
}
