import type { Answer } from './answer.ts';
import type { Message, Picture, ToolResult } from './draft.ts';

/** What a reader sees of a conversation, from the first question to the last answer. */
export type Entry =
  | { readonly kind: 'question'; readonly id: string; readonly text: string; readonly pictures: readonly Picture[] }
  | { readonly kind: 'results'; readonly id: string; readonly results: readonly ToolResult[] }
  | {
      readonly kind: 'answer';
      readonly id: string;
      /** Answering again adds one. */
      readonly versions: readonly Answer[];
      readonly shown: number;
    };

export type AnswerEntry = Extract<Entry, { kind: 'answer' }>;

export const shownAnswer = ({ versions, shown }: AnswerEntry): Answer | undefined => versions[shown];

/** As a request tells it; answers that failed before a word are left out. */
export const toMessages = (thread: readonly Entry[]): Message[] => thread.flatMap(messagesOf);

function messagesOf(entry: Entry): Message[] {
  switch (entry.kind) {
    case 'question':
      return [{ role: 'user', text: entry.text, pictures: entry.pictures }];
    case 'results':
      return entry.results.map((result) => ({ role: 'tool', result }));
    case 'answer': {
      const answer = shownAnswer(entry);
      if (!answer || (answer.text === '' && answer.calls.length === 0)) return [];
      return [{ role: 'assistant', text: answer.text, calls: answer.calls }];
    }
  }
}

/** The calls of the last answer that nobody has answered yet. */
export function openCalls(thread: readonly Entry[]): AnswerEntry | null {
  const last = thread.at(-1);
  if (last?.kind !== 'answer') return null;
  const answer = shownAnswer(last);
  return answer && answer.status === 'done' && answer.calls.length > 0 ? last : null;
}
