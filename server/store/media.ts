import { hash } from 'node:crypto';
import type { MediaPiece } from './cut-media.ts';
import type { LongText } from './long-texts.ts';
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
  SELECT m."id", l."at", l."mediaId", octet_length(d."data") FROM "Message" m
  JOIN "MessageMedia" l ON l."messageKey" = m."key" LEFT JOIN "Media" d ON d."id" = l."mediaId"
  WHERE m."conversationId" = ? ORDER BY m."key", l."at"`;

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

/** Where media stand in a message. */
export interface MediaLink {
  readonly messageId: string;
  readonly at: number;
  readonly media: LongText;
}

/** The links of all messages of a conversation, those on other branches included. */
export function linksIn(db: Statements, conversationId: string): MediaLink[] {
  return db.all(SELECT_LINKS, conversationId).map(([messageId, at, mediaId, bytes]) => ({
    messageId: String(messageId),
    at: Number(at),
    media: { table: 'Media', id: String(mediaId), bytes: Number(bytes ?? 0) },
  }));
}

const SELECT_OWNER = 'SELECT "owner" FROM "Conversation" WHERE "id" = ?';

/** The owner of a conversation, and so of its media. */
export function ownerOf(db: Statements, conversationId: string): string | null {
  const owner = db.all(SELECT_OWNER, conversationId)[0]?.[0];
  return typeof owner === 'string' ? owner : null;
}
