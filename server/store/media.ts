import { hash } from 'node:crypto';
import { type MediaPiece, mayBeCut } from './cut-media.ts';
import type { Statements } from './sqlite/connection.ts';

/** SQLite's driver takes megabytes as bytes in half the time. */
const INSERT_MEDIA = 'INSERT INTO "Media" ("id", "data") VALUES (?, CAST(? AS TEXT)) ON CONFLICT DO NOTHING';

const LINK_MEDIA = `
  INSERT INTO "MessageMedia" ("messageKey", "at", "mediaId") SELECT "key", ?, ? FROM "Message" WHERE "id" = ?`;

const UNLINK_MEDIA = 'DELETE FROM "MessageMedia" WHERE "messageKey" = (SELECT "key" FROM "Message" WHERE "id" = ?)';

const SELECT_LINKS = `
  SELECT m."id", l."at", l."mediaId" FROM "Message" m JOIN "MessageMedia" l ON l."messageKey" = m."key"
  WHERE m."conversationId" = ? ORDER BY m."key", l."at"`;

const SELECT_DATA = 'SELECT "data" FROM "Media" WHERE "id" = ?';

/** The id of media. It depends on the owner, so that owners never share media. */
const idOf = (owner: string | null, data: string): string => hash('sha256', `${JSON.stringify(owner)}${data}`, 'hex');

/** Keeps what was cut out of a message, once for each owner. A trigger removes what no message has any more. */
export function keepMedia(
  db: Statements,
  messageId: string,
  pieces: readonly MediaPiece[],
  owner: string | null,
): void {
  for (const { at, data } of pieces) {
    const id = idOf(owner, data);
    db.run(INSERT_MEDIA, id, Buffer.from(data));
    db.run(LINK_MEDIA, at, id, messageId);
  }
}

/** The same for a message that had others before. */
export function replaceMedia(
  db: Statements,
  messageId: string,
  pieces: readonly MediaPiece[],
  owner: string | null,
): void {
  db.run(UNLINK_MEDIA, messageId);
  keepMedia(db, messageId, pieces, owner);
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
