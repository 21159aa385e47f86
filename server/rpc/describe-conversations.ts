import { describeOperations } from './describe-operations.ts';

/** Describes operations on conversations, and on the turns in them. */
export const describeConversations = describeOperations(
  { name: 'conversations', about: 'Chat with memory: the server keeps the history.' },
  () => [400, 403, 404, 503],
);
