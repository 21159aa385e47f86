import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import { invalidField } from '../../../errors/invalid-field.ts';
import type { HistoryMessage } from '../../../store/interface/turns.ts';
import { answeredTurns, callIds, resultId } from '../../turns/build-prompt.ts';
import { takeId } from '../../turns/check-tool-results.ts';

/** The calls that still wait for their results at the end of what was said before. */
function openCalls(history: readonly HistoryMessage[]): string[] {
  let open: string[] = [];
  for (const { role, prompt } of answeredTurns(history).flatMap(({ messages }) => messages)) {
    if (role === 'assistant') open = callIds(prompt);
    else if (role === 'tool') takeId(open, resultId(prompt));
    else open = [];
  }
  return open;
}

/**
 * A result that the model is to answer to must belong to a call before it that has none. One that other messages follow is
 * a part of a history whose beginning was dropped: the model reads it as words.
 */
export function checkResults(input: readonly ChatMessage[], history: readonly HistoryMessage[]): void {
  if (!input.some(({ role }) => role === 'tool')) return;
  const lastWords = input.findLastIndex(({ role }) => role !== 'tool');
  let open = openCalls(history);
  for (const [i, { role, tool_calls: calls, tool_call_id: id }] of input.entries()) {
    if (role === 'assistant') open = calls?.map((call) => call.id) ?? [];
    if (role !== 'tool' || takeId(open, id ?? '') || i < lastWords) continue;
    throw invalidField('input', `No tool call found for function call output with call_id ${id}.`);
  }
}
