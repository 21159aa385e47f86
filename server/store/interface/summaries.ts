import type { PathMessage } from './turns.ts';

/** What stands in prompts for a message and everything before it on its path. */
export interface Summary {
  readonly text: string;
  /** The alias that wrote it. */
  readonly model: string;
  readonly createdAt: Date;
}

export interface NewSummary extends Pick<Summary, 'text' | 'model'> {
  readonly conversationId: string;
  /** The last message that it stands for. */
  readonly messageId: string;
  /** The messages that it was made of: the whole path to that message. */
  readonly path: readonly PathMessage[];
}
