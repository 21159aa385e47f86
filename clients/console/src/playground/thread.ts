import type { Answer } from './answer.ts';
import type { Attachment, Message, ToolResult } from './draft.ts';

/** Where a message that the gateway keeps stands in its conversation. */
interface Place {
  /** The message that it follows; null: it is a first one. */
  readonly parentId: string | null;
  /** The messages that follow the same one, itself among them: each begins a branch. */
  readonly siblings: readonly string[];
}

interface EntryBase {
  /** The id of the message where the gateway keeps it; else one that the page made up. */
  readonly id: string;
  /** Absent: this page alone has it. */
  readonly place?: Place;
  /** What it was called before the gateway named it: the page goes on showing the same element. */
  readonly localId?: string;
}

/** What a reader sees of a conversation, from the first question to the last answer. */
export type Entry =
  | (EntryBase & { readonly kind: 'question'; readonly text: string; readonly attachments: readonly Attachment[] })
  | (EntryBase & { readonly kind: 'results'; readonly results: readonly ToolResult[] })
  | (EntryBase & {
      readonly kind: 'answer';
      /** Answering again adds one, where the page alone has them. */
      readonly versions: readonly Answer[];
      readonly shown: number;
    });

export type AnswerEntry = Extract<Entry, { kind: 'answer' }>;
export type QuestionEntry = Extract<Entry, { kind: 'question' }>;

/** Whatever names it first, so that an element keeps what was typed into it. */
export const elementKey = ({ id, localId = id }: Entry): string => localId;

/**
 * The same messages under the names that the gateway gave them; each goes on being shown by the same element. A message
 * that had its name already is found by it: other messages may stand before it now. A new name is found by its place.
 */
export function renamed(next: readonly Entry[], known: readonly Entry[]): Entry[] {
  const byId = new Map(known.map((entry) => [entry.id, entry]));
  return next.map((entry, at) => {
    const before = byId.get(entry.id) ?? known[at];
    if (before?.kind !== entry.kind || (before.place && before.id !== entry.id)) return entry;
    const localId = elementKey(before);
    return elementKey(entry) === localId ? entry : { ...entry, localId };
  });
}

/** The last message of it that the gateway keeps; null: none. */
export const lastStored = (thread: readonly Entry[]): string | null =>
  thread.findLast(({ place }) => place)?.id ?? null;

/** Which of how many stands here: of the answers in one place, or of the branches that begin here. */
export function branchOf(entry: Entry): { at: number; count: number } {
  const { place } = entry;
  if (place) return { at: place.siblings.indexOf(entry.id), count: place.siblings.length };
  return entry.kind === 'answer' ? { at: entry.shown, count: entry.versions.length } : { at: 0, count: 1 };
}

export const shownAnswer = ({ versions, shown }: AnswerEntry): Answer | undefined => versions[shown];

/** As a request tells it; answers that failed before a word are left out. */
export const toMessages = (thread: readonly Entry[]): Message[] => thread.flatMap(messagesOf);

function messagesOf(entry: Entry): Message[] {
  switch (entry.kind) {
    case 'question':
      return [{ role: 'user', text: entry.text, attachments: entry.attachments }];
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
