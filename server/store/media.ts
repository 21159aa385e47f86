import { hash } from 'node:crypto';
import { type MediaPiece, mayBeCut } from './cut-media.ts';
import type { Statements } from './sqlite/connection.ts';

/** SQLite's driver takes megabytes as bytes in half the time. */
const INSERT_MEDIA = 'INSERT INTO "Media" ("id", "data") VALUES (?, CAST(? AS TEXT)) ON CONFLICT DO NOTHING';

/** The statements for one kind of row whose JSON text data is cut out of. */
interface Holder {
  readonly link: string;
  readonly unlink: string;
}

export const inMessage: Holder = {
  link: 'INSERT INTO "MessageMedia" ("messageKey", "at", "mediaId") SELECT "key", ?, ? FROM "Message" WHERE "id" = ?',
  unlink: 'DELETE FROM "MessageMedia" WHERE "messageKey" = (SELECT "key" FROM "Message" WHERE "id" = ?)',
};

export const inResponse: Holder = {
  link: 'INSERT INTO "ResponseMedia" ("at", "mediaId", "responseId") VALUES (?, ?, ?)',
  unlink: 'DELETE FROM "ResponseMedia" WHERE "responseId" = ?',
};

const SELECT_LINKS = `
  SELECT m."id", l."at", l."mediaId" FROM "Message" m JOIN "MessageMedia" l ON l."messageKey" = m."key"
  WHERE m."conversationId" = ? ORDER BY m."key", l."at"`;

const SELECT_DATA = 'SELECT "data" FROM "Media" WHERE "id" = ?';

/** The id of media. It depends on the owner, so that owners never share media. */
const idOf = (owner: string | null, data: string): string => hash('sha256', `${JSON.stringify(owner)}${data}`, 'hex');

/** The data that was cut out of a text, and the row that the text belongs to. */
interface Cut {
  /** The id of the message or the response. */
  readonly id: string;
  readonly pieces: readonly MediaPiece[];
  /** The owner of the data, or null for the administrator. */
  readonly owner: string | null;
}

/** Keeps what was cut out, once for each owner. A trigger removes what no text has any more. */
export function keepMedia(db: Statements, { link }: Holder, { id, pieces, owner }: Cut): void {
  for (const { at, data } of pieces) {
    const mediaId = idOf(owner, data);
    db.run(INSERT_MEDIA, mediaId, Buffer.from(data));
    db.run(link, at, mediaId, id);
  }
}

/** Replaces the media of a text that was changed. */
export function replaceMedia(db: Statements, holder: Holder, cut: Cut): void {
  db.run(holder.unlink, cut.id);
  keepMedia(db, holder, cut);
}

/** The media of messages of a conversation, by message id; `prompts` has the same keys. Each picture is read once. */
export function mediaOf(
  db: Statements,
  conversationId: string,
  prompts: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly MediaPiece[]> {
  const found = new Map<string, MediaPiece[]>();
  if (![...prompts.values()].some(mayBeCut)) return found;
  const known = new Map<string, string>();
  for (const [messageId, at, mediaId] of db.all(SELECT_LINKS, conversationId)) {
    // The media of messages on other branches are not read.
    if (!prompts.has(String(messageId))) continue;
    const id = String(mediaId);
    const data = known.get(id) ?? String(db.all(SELECT_DATA, id)[0]?.[0] ?? '');
    known.set(id, data);
    const piece = { at: Number(at), data };
    const pieces = found.get(String(messageId));
    if (pieces) pieces.push(piece);
    else found.set(String(messageId), [piece]);
  }
  return found;
}

const SELECT_OWNER = 'SELECT "owner" FROM "Conversation" WHERE "id" = ?';

/** The owner of a conversation, and so of its media. */
export function ownerOf(db: Statements, conversationId: string): string | null {
  const owner = db.all(SELECT_OWNER, conversationId)[0]?.[0];
  return typeof owner === 'string' ? owner : null;
}
