import type { TurnRequest } from '../../../contracts/turns/turn.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { HistoryMessage, TurnPlace } from '../../store/interface/turns.ts';

/** Where a turn begins a branch; undefined: it continues after the head of its conversation. */
export function placeOf(turn: TurnRequest): TurnPlace | undefined {
  const { parent_message_id: after, regenerate: beside, conversation_id: conversationId } = turn;
  if (beside != null) return { beside, param: 'regenerate' };
  return after === undefined || conversationId == null ? undefined : { after, param: 'parent_message_id' };
}

/** A turn says something new, or names a question that is to be answered once more. */
export function checkPlace(turn: TurnRequest, isQuestion: boolean): void {
  const { parent_message_id: parent, regenerate, conversation_id: conversationId } = turn;
  const named = regenerate != null ? 'regenerate' : parent != null ? 'parent_message_id' : null;
  if (named !== null && conversationId == null) {
    throw new AppError('missing_field', `'${named}' names a message of a conversation: give its conversation_id.`, {
      param: 'conversation_id',
    });
  }
  if (regenerate != null && (isQuestion || parent != null)) {
    const message =
      "'regenerate' answers a question once more: leave out message, images, tool_results and parent_message_id. To edit the question, name what it follows in parent_message_id.";
    throw invalidField('regenerate', message);
  }
  if (isQuestion || named !== null) return;
  throw new AppError('missing_field', 'Send a message, or the tool_results of the last answer.', { param: 'message' });
}

/** A turn without a message answers the question at the end of its history. */
export function checkQuestion(
  { message, images, tool_results: results, regenerate }: TurnRequest,
  history: readonly HistoryMessage[],
): void {
  if (message?.length || images?.length || results?.length) return;
  const role = history.at(-1)?.role;
  if (role === 'user' || role === 'tool') return;
  if (regenerate != null) {
    throw invalidField('regenerate', 'This message is not an answer to a question.');
  }
  throw new AppError(
    'missing_field',
    'Send a message: parent_message_id does not name a question that can be answered.',
    {
      param: 'message',
    },
  );
}

/** The question with which a history ends, apart from what came before it: only the latter may be left out of the window. */
export function splitQuestion<M extends HistoryMessage>(history: readonly M[]) {
  const last = history.at(-1);
  const from = history.findLastIndex(({ turnId, role }) => turnId !== last?.turnId || role === 'assistant') + 1;
  return { history: history.slice(0, from), messages: history.slice(from) };
}
