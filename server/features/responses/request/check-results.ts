import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { HistoryMessage } from '../../../store/interface/conversations.ts';
import { answeredTurns, callIds, isResultOf } from '../../turns/build-prompt.ts';

/** The calls that still wait for their results at the end of what was said before. */
function openCalls(history: readonly HistoryMessage[]): Set<string> {
  let open = new Set<string>();
  for (const { role, prompt } of answeredTurns(history).flatMap(({ messages }) => messages)) {
    if (role === 'assistant') open = new Set(callIds(prompt));
    else if (role === 'tool') open.delete([...open].find((id) => isResultOf(prompt, id)) ?? '');
    else open.clear();
  }
  return open;
}

/** Each result must belong to a call before it that has none: upstreams refuse others, each in its own words. */
export function checkResults(input: readonly ChatMessage[], history: readonly HistoryMessage[]): void {
  if (!input.some(({ role }) => role === 'tool')) return;
  let open = openCalls(history);
  for (const { role, tool_calls: calls, tool_call_id: id = '' } of input) {
    if (role === 'assistant') open = new Set(calls?.map((call) => call.id));
    if (role !== 'tool' || open.delete(id ?? '')) continue;
    throw new AppError('invalid_field', `No tool call found for function call output with call_id ${id}.`, {
      param: 'input',
    });
  }
}
