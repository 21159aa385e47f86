import type { PathMessage } from './turns.ts';

/** A text that replaces a message and everything before it on its path, in prompts. */
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
  /** The whole path to that message, from which the summary was made. */
  readonly path: readonly PathMessage[];
}
