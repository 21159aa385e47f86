import type { OutputItem } from '../../../../contracts/responses/item.ts';
import type { Response, ResponseEvent } from '../../../../contracts/responses/response.ts';
import { EventLog } from './event-log.ts';

function replayMessage(log: EventLog, item: OutputItem, output_index: number): void {
  for (const [content_index, part] of (item.content ?? []).entries()) {
    const at = { item_id: item.id, output_index, content_index };
    const { type } = part;
    if (type !== 'output_text' && type !== 'refusal') continue;
    const text = (type === 'refusal' ? part.refusal : part.text) ?? '';
    const rest = type === 'refusal' ? {} : { logprobs: [] };
    const empty = type === 'refusal' ? { type, refusal: '' } : { type, text: '', annotations: [], logprobs: [] };
    log.push('response.content_part.added', { ...at, part: empty });
    log.push(`response.${type}.delta`, { ...at, delta: text, ...rest });
    log.push(`response.${type}.done`, { ...at, ...(type === 'refusal' ? { refusal: text } : { text, ...rest }) });
    log.push('response.content_part.done', { ...at, part });
  }
}

function replayItem(log: EventLog, item: OutputItem, output_index: number): void {
  const at = { item_id: item.id, output_index };
  const { type, name = '', arguments: args = '', input = '' } = item;
  const begun: Record<string, object> = {
    message: { status: 'in_progress', content: [] },
    function_call: { status: 'in_progress', arguments: '' },
    custom_tool_call: { status: 'in_progress', input: '' },
  };
  log.push('response.output_item.added', { output_index, item: { ...item, ...begun[type] } });
  if (type === 'message') replayMessage(log, item, output_index);
  if (type === 'function_call') {
    log.push('response.function_call_arguments.delta', { ...at, delta: args });
    log.push('response.function_call_arguments.done', { ...at, name, arguments: args });
  }
  if (type === 'custom_tool_call') {
    log.push('response.custom_tool_call_input.delta', { ...at, delta: input });
    log.push('response.custom_tool_call_input.done', { ...at, input });
  }
  log.push('response.output_item.done', { output_index, item });
}

const LAST: Partial<Record<Response['status'], string>> = { completed: 'completed', failed: 'failed' };

/**
 * The events of a response that has ended, in few pieces. Whoever asks for those after a number always gets the last
 * one, which holds everything; it is numbered after what they have.
 */
export function replayResponse(response: Response, after: number): ResponseEvent[] {
  const log = new EventLog();
  const { usage: _, ...rest } = response;
  const begun: Response = {
    ...rest,
    status: 'in_progress',
    completed_at: null,
    error: null,
    incomplete_details: null,
    output: [],
  };
  for (const what of ['created', 'in_progress']) log.push(`response.${what}`, { response: begun });
  for (const [i, item] of response.output.entries()) replayItem(log, item, i);
  log.push(`response.${LAST[response.status] ?? 'incomplete'}`, { response });
  const events = log.take();
  const last = events.pop();
  const kept = events.filter(({ sequence_number: number }) => number > after);
  return last ? [...kept, { ...last, sequence_number: Math.max(last.sequence_number, after + 1) }] : kept;
}
