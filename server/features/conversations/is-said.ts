import type { MessageRow } from '../../store/interface/conversations.ts';

/** A user message of a failed turn is not part of the conversation: the model never sees it. */
export const isSaid = ({ role, status }: Pick<MessageRow, 'role' | 'status'>): boolean =>
  role === 'assistant' || status === 'completed' || status === 'in_progress';
