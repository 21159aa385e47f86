import { StoredMessage } from '../../contracts/conversations/conversation.ts';
import { MessageStatus } from '../../contracts/conversations/status.ts';
import { selectPath } from './branches.ts';
import { joinMedia, mayBeCut } from './cut-media.ts';
import type { PathMessage } from './interface/turns.ts';
import { ensureKnown, type KnownTexts, keyOf, LONG_TEXT, type LongText } from './long-texts.ts';
import { linksIn, type MediaLink } from './media.ts';
import type { Statements } from './sqlite/connection.ts';

/** In place of a long prompt stands its length, which SQLite knows without reading it. */
const COLUMNS = `m."id", m."turnId", m."role",
  CASE WHEN octet_length(m."prompt") > ${LONG_TEXT} THEN octet_length(m."prompt") ELSE m."prompt" END, m."status"`;

const SELECT_ALL = `SELECT ${COLUMNS} FROM "Message" m WHERE m."conversationId" = ? ORDER BY m."seq"`;

const SELECT_PATH = `
  SELECT ${COLUMNS} FROM (${selectPath(['id'])}) AS "path" JOIN "Message" m ON m."id" = "path"."id" ORDER BY m."seq"`;

const SELECT_TEXT: Readonly<Record<LongText['table'], string>> = {
  Message: 'SELECT "prompt" FROM "Message" WHERE "id" = ?',
  Media: 'SELECT "data" FROM "Media" WHERE "id" = ?',
};

/**
 * Reads a value that must be one of a few words. Every turn reads its whole history, and zod would take longer for
 * these values than SQLite for the rows.
 */
function wordOf<Word extends string>(words: readonly Word[]): (value: unknown) => Word {
  const known = new Map<unknown, Word>(words.map((word) => [word, word]));
  return (value) => {
    const word = known.get(value);
    if (word === undefined)
      throw new Error(`The database has '${value}', where one of ${words.join(', ')} is expected.`);
    return word;
  };
}

const roleOf = wordOf(StoredMessage.shape.role.options);
const statusOf = wordOf(MessageStatus.options);

/** A message whose long texts are still to be read. */
interface Row extends Omit<PathMessage, 'prompt'> {
  readonly prompt: string | LongText;
}

const toRow = ([id, turnId, role, prompt, status]: unknown[]): Row => ({
  id: String(id),
  turnId: String(turnId),
  role: roleOf(role),
  status: statusOf(status),
  prompt: typeof prompt === 'string' ? prompt : { table: 'Message', id: String(id), bytes: Number(prompt) },
});

/** The media of these messages, by message id. */
function linksOf(db: Statements, conversationId: string, rows: readonly Row[]): Map<string, MediaLink[]> {
  const links = new Map<string, MediaLink[]>();
  if (!rows.some(({ prompt }) => typeof prompt !== 'string' || mayBeCut(prompt))) return links;
  // The media of messages on other branches are not read.
  for (const { id } of rows) links.set(id, []);
  for (const link of linksIn(db, conversationId)) links.get(link.messageId)?.push(link);
  return links;
}

/** Which messages of a conversation to read. */
export interface HistoryPlace {
  readonly conversationId: string;
  /** The last message; null when there are none. */
  readonly lastId: string | null;
  /** True when the conversation has no branches, and `lastId` is its last message. */
  readonly isAll: boolean;
}

/**
 * The messages up to one, oldest first. Run it in a transaction, before anything is written. Throws `LongHistory` when
 * many megabytes of it are not `known`.
 */
export function readHistory(
  db: Statements,
  { conversationId, lastId, isAll }: HistoryPlace,
  known: KnownTexts,
): PathMessage[] {
  if (lastId === null) return [];
  const rows = (isAll ? db.all(SELECT_ALL, conversationId) : db.all(SELECT_PATH, lastId, conversationId)).map(toRow);
  const links = linksOf(db, conversationId, rows);
  const media = [...links.values()].flat().map((link) => link.media);
  const read = readOnce(
    db,
    [...rows.flatMap(({ prompt }) => (typeof prompt === 'string' ? [] : [prompt])), ...media],
    known,
  );
  return rows.map(({ id, turnId, role, status, prompt }) => {
    const pieces = (links.get(id) ?? []).map((link) => ({ at: link.at, data: read(link.media) }));
    const text = typeof prompt === 'string' ? prompt : read(prompt);
    return { id, turnId, role, status, prompt: joinMedia(text, pieces) };
  });
}

/** Reads each of these texts once: a picture may stand in several messages. */
function readOnce(db: Statements, texts: readonly LongText[], known: KnownTexts): (text: LongText) => string {
  const distinct = new Map(texts.map((text) => [keyOf(text), text]));
  ensureKnown([...distinct.values()], known);
  const found = new Map(
    [...distinct].map(([key, { table, id }]) => [
      key,
      known.get(key) ?? String(db.all(SELECT_TEXT[table], id)[0]?.[0] ?? ''),
    ]),
  );
  return (text) => found.get(keyOf(text)) ?? '';
}
