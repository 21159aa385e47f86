import type { ChatMessage } from '../../../contracts/chat/message.ts';

/** The instructions about the content of a summary, for the model that writes it. */
export const SUMMARY_CONTENT = `Answer with the summary alone, in the language of the conversation. Include:
- what the user wants, with every requirement, preference and limit that still holds;
- what was done and decided, and why; what failed and must not be tried again;
- facts, names, numbers, file paths, commands and results that will be needed, exactly as they are;
- what is left to do, and the next step.`;

/** The beginning of the message that holds a summary. */
const INTRODUCTION = 'This summary stands for the earlier part of the conversation, which was left out:';

/**
 * The message that shows a summary to a model. Its role is the user and not the system, because a summary repeats what
 * documents and tools said.
 */
export const summaryMessage = (summary: string) => ({
  role: 'user' as const,
  content: `${INTRODUCTION}\n\n${summary}`,
});

export const isSummary = ({ content }: ChatMessage): boolean =>
  typeof content === 'string' && content.startsWith(INTRODUCTION);
