import type { Answer } from './answer.ts';
import type { Attachment, Body, Draft, Message, ToolResult } from './draft.ts';
import type { Entry } from './thread.ts';

let lastId = 0;
/** An id for what only this page has. */
export const newId = () => `local-${++lastId}`;

/** What a request asks. */
export interface Asked {
  readonly before: readonly Entry[];
  /** Default: all of `before`. */
  readonly messages?: readonly Message[];
  /** Fields of this request only. */
  readonly fields?: Body;
  /** The answers that there were in its place. */
  readonly versions?: readonly Answer[];
}

export const nextQuestion = (
  thread: readonly Entry[],
  text: string,
  attachments: readonly Attachment[],
): readonly Entry[] => [...thread, { kind: 'question', id: newId(), text, attachments }];

export const nextResults = (thread: readonly Entry[], results: readonly ToolResult[]): readonly Entry[] => [
  ...thread,
  { kind: 'results', id: newId(), results },
];

/** Another answer: a branch beside the first where the gateway has the conversation, else in its place. */
export function askAgain(thread: readonly Entry[], id: string, { surface }: Draft): Asked | null {
  const at = thread.findIndex((entry) => entry.id === id);
  const entry = thread[at];
  const before = thread.slice(0, at);
  if (entry?.kind !== 'answer') return null;
  if (surface !== 'turn') return { before, versions: entry.versions };
  if (entry.place) return { before, messages: [], fields: { regenerate: id } };
  const question = before.at(-1);
  return question?.place ? { before, messages: [], fields: { parent_message_id: question.id } } : { before };
}

/** Another question instead of one: a branch beside it, or in its place. */
export function askInstead(thread: readonly Entry[], id: string, text: string, { surface }: Draft): Asked | null {
  const at = thread.findIndex((entry) => entry.id === id);
  const entry = thread[at];
  if (entry?.kind !== 'question') return null;
  const { place, attachments } = entry;
  const before = nextQuestion(thread.slice(0, at), text, attachments);
  return surface === 'turn' && place ? { before, fields: { parent_message_id: place.parentId } } : { before };
}
