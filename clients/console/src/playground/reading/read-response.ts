import type { ResponseEvent } from '@duplex/client';
import { isObject } from '../../parts/json.ts';
import type { AnswerEvent } from '../answer.ts';

function readItem(index: number, item: unknown): AnswerEvent[] {
  if (!isObject(item) || item.type !== 'function_call') return [];
  return [{ type: 'call', index, id: String(item.call_id), name: String(item.name), piece: '' }];
}

/** Reads the events of a response. Calls are counted from 0, whatever items stand before them. */
export function createResponseReader(): (event: ResponseEvent) => AnswerEvent[] {
  const calls = new Map<number, number>();
  const callAt = (output: number) => {
    const known = calls.get(output) ?? calls.size;
    calls.set(output, known);
    return known;
  };

  function readEvent(event: ResponseEvent): AnswerEvent[] {
    const { type, delta = '', output_index: at = 0 } = event;
    switch (type) {
      case 'response.output_text.delta':
        return [{ type: 'text', text: delta }];
      case 'response.refusal.delta':
        return [{ type: 'refusal', text: delta }];
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return [{ type: 'reasoning', text: delta }];
      case 'response.output_item.added':
        return isObject(event.item) && event.item.type === 'function_call' ? readItem(callAt(at), event.item) : [];
      case 'response.function_call_arguments.delta':
        return [{ type: 'call', index: callAt(at), piece: delta }];
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed': {
        const { status = 'completed', usage, incomplete_details } = event.response ?? {};
        const ended: AnswerEvent = { type: 'finish', reason: incomplete_details?.reason ?? status };
        if (!usage) return [ended];
        const { input_tokens: prompt, output_tokens: completion, output_tokens_details } = usage;
        const reasoning = output_tokens_details.reasoning_tokens;
        return [ended, { type: 'tokens', tokens: { prompt, completion, reasoning } }];
      }
      default:
        return [];
    }
  }

  return (event) => [...(event.gateway ? [{ type: 'note' as const, note: event.gateway }] : []), ...readEvent(event)];
}
