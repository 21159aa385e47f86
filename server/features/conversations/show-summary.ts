import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';
import type { MessageRow } from '../../store/interface/conversations.ts';

/** The field of a message that a summary ends with; of any other message, nothing. */
export const showSummary = ({ summary }: Pick<MessageRow, 'summary'>): Pick<StoredMessage, 'summary'> =>
  summary === null
    ? {}
    : { summary: { text: summary.text, model: summary.model, created_at: summary.createdAt.toISOString() } };
