import type { ConversationRow } from '../../store/interface/conversations.ts';

/** A title that is older than the record of its source was set by a user: there were no others. */
export const sourceOfTitle = ({ title, titleSource }: Pick<ConversationRow, 'title' | 'titleSource'>) =>
  title === null ? null : (titleSource ?? 'user');
