import type { ConversationList } from '@duplex/client';

/** A conversation as the list has it. */
export type ConversationSummary = ConversationList['items'][number];
