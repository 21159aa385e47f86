import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';
import type { MessageRow } from '../../store/interface/conversations.ts';

/** The `summary` field of the last message that a summary stands for. Other messages have no such field. */
export const showSummary = ({ summary }: Pick<MessageRow, 'summary'>): Pick<StoredMessage, 'summary'> =>
  summary === null
    ? {}
    : { summary: { text: summary.text, model: summary.model, created_at: summary.createdAt.toISOString() } };
