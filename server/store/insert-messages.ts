import { EMPTY_ANSWER } from '../canonical/stored-answer.ts';
import { cutMedia } from './cut-media.ts';
import { newId } from './ids.ts';
import type { NewMessage } from './interface/turns.ts';
import { inMessage, keepMedia } from './media.ts';
import { searchedText } from './rows.ts';
import type { Statements } from './sqlite/connection.ts';

const INSERT_MESSAGE = `
  INSERT INTO "Message" ("id", "conversationId", "seq", "parentId", "turnId", "role", "prompt", "text", "status",
    "model", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?)`;

/** Longer texts are given to SQLite's driver as bytes, which takes half the time. In UTF-16 units. */
const LONG = 256 * 1024;

/** Messages that are longer together are written by the background thread. In UTF-16 units. */
const LONG_TOGETHER = 1024 * 1024;

/** The prompt of a message until its words are written. */
const UNWRITTEN = '{"role":"user","content":""}';

/** A message that was inserted without its words, and is `in_progress` until the background thread has written them. */
export interface UnwrittenMessage {
  readonly id: string;
  /** The prompt with its media, which are still to be cut out. */
  readonly prompt: string;
  readonly text: string;
  /** The owner of the media. */
  readonly owner: string | null;
}

/** An unwritten message on its way to the background thread, with its prompt as UTF-8. */
export interface FilledMessage extends Omit<UnwrittenMessage, 'prompt'> {
  readonly bytes: Uint8Array;
}

/** Whether SQLite would take so long to write these messages that every stream would notice. */
export const areLong = (messages: readonly NewMessage[]): boolean =>
  messages.reduce((sum, { prompt, text }) => sum + prompt.length + text.length, 0) > LONG_TOGETHER;

const toValue = (text: string): string | Buffer => (text.length > LONG ? Buffer.from(text) : text);

/** The place at which messages are added. */
export interface MessagePlace {
  /**
   * The ids of the messages. They sort as the messages do; the id of the answer, which is made later, comes after them.
   */
  readonly ids: readonly string[];
  readonly conversationId: string;
  /** The owner whose pictures are shared. */
  readonly owner: string | null;
  readonly turnId: string;
  readonly now: string;
  /** The number of messages so far, and the id of the last one. */
  readonly count: number;
  readonly lastId: string | null;
}

/** Makes room for messages whose words the background thread writes, and gives the place after them. */
export function insertUnwritten(
  db: Statements,
  messages: readonly NewMessage[],
  place: MessagePlace,
): { readonly after: MessagePlace; readonly unwritten: readonly UnwrittenMessage[] } {
  const { ids, conversationId, turnId, now, owner } = place;
  let { count: seq, lastId: parentId } = place;
  const unwritten = messages.map(({ role, prompt, text }, i): UnwrittenMessage => {
    const id = ids[i] ?? newId('msg');
    seq += 1;
    db.run(
      INSERT_MESSAGE,
      ...[id, conversationId, seq, parentId, turnId, role, UNWRITTEN, '', 'in_progress', null, now],
    );
    parentId = id;
    return { id, prompt, text: searchedText(text), owner };
  });
  return { after: { ...place, count: seq, lastId: parentId }, unwritten };
}

export const newMessageIds = (messages: readonly NewMessage[]): string[] => messages.map(() => newId('msg'));

/** Appends messages, and returns the place after them. */
export function insertMessages(db: Statements, messages: readonly NewMessage[], place: MessagePlace): MessagePlace {
  const { ids, conversationId, turnId, now, owner } = place;
  let { count: seq, lastId: parentId } = place;
  for (const [i, { role, prompt: whole, text }] of messages.entries()) {
    const { text: prompt, pieces } = cutMedia(whole);
    const id = ids[i] ?? newId('msg');
    const [written, words] = [toValue(prompt), toValue(searchedText(text))];
    seq += 1;
    db.run(
      INSERT_MESSAGE,
      ...[id, conversationId, seq, parentId, turnId, role, written, words, 'completed', null, now],
    );
    keepMedia(db, inMessage, { id, pieces, owner });
    parentId = id;
  }
  return { ...place, count: seq, lastId: parentId };
}

/** Appends the answer in progress, which has the id of its turn. Returns its `seq`. */
export function insertAnswer(
  db: Statements,
  model: string,
  { conversationId, turnId, now, count, lastId }: MessagePlace,
) {
  const seq = count + 1;
  db.run(
    INSERT_MESSAGE,
    ...[turnId, conversationId, seq, lastId, turnId, 'assistant', EMPTY_ANSWER, '', 'in_progress', model, now],
  );
  return seq;
}
