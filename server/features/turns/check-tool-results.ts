import type { ToolResult } from '../../../contracts/turns/turn.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { HistoryMessage } from '../../store/interface/turns.ts';
import { answeredTurns, callIds } from './build-prompt.ts';

/** The calls of the last answer that the model gets to see; a turn that failed is not among those. */
function openCalls(history: readonly HistoryMessage[]): string[] {
  const last = answeredTurns(history).at(-1)?.messages.at(-1);
  return last ? callIds(last.prompt) : [];
}

/** Takes an id out of a list, once: parallel calls may share one. False when it is not there. */
export function takeId(ids: string[], id: string): boolean {
  const at = ids.indexOf(id);
  if (at >= 0) ids.splice(at, 1);
  return at >= 0;
}

/**
 * Each result must belong to a call of the last answer, and each call takes one: upstreams refuse others, and then every
 * later turn of the conversation with them. A call whose result is left out is shown to the model as `(no result)`.
 */
export function checkToolResults(results: readonly ToolResult[], history: readonly HistoryMessage[]): void {
  if (results.length === 0) return;
  const open = openCalls(history);
  for (const [i, { tool_call_id: id }] of results.entries()) {
    if (takeId(open, id)) continue;
    throw invalidField(
      `tool_results[${i}].tool_call_id`,
      'The last answer has no call with this id that still needs a result.',
    );
  }
}
