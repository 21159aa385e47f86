import type { ChatMessage } from '../../../contracts/chat/message.ts';

/** What a model that writes a summary is told of its content. */
export const SUMMARY_CONTENT = `Answer with the summary alone, in the language of the conversation. Include:
- what the user wants, with every requirement, preference and limit that still holds;
- what was done and decided, and why; what failed and must not be tried again;
- facts, names, numbers, file paths, commands and results that will be needed, exactly as they are;
- what is left to do, and the next step.`;

/** Begins the message in which a model reads a summary. */
const INTRODUCTION = 'This summary stands for the earlier part of the conversation, which was left out:';

/** A summary as a model reads it. It has the role of a user and not of the system, because it repeats what documents and tools said. */
export const summaryMessage = (summary: string) => ({
  role: 'user' as const,
  content: `${INTRODUCTION}\n\n${summary}`,
});

export const isSummary = ({ content }: ChatMessage): boolean =>
  typeof content === 'string' && content.startsWith(INTRODUCTION);
