import { selectPath } from './branches.ts';
import { newId } from './ids.ts';
import type { Statements } from './sqlite/connection.ts';

const COPY_CONVERSATION = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "title", "titleSource", "model", "systemPrompt", "metadata", "messageCount",
    "createdAt", "lastUsedAt")
  SELECT :id, "owner", "userId", "title", "titleSource", "model", "systemPrompt", "metadata", :count, :now, :now
  FROM "Conversation" WHERE "id" = :from`;

const SELECT_PATH = selectPath(['key', 'id', 'turnId']);

const COPY_MESSAGE = `
  INSERT INTO "Message" ("id", "conversationId", "seq", "parentId", "turnId", "role", "prompt", "text", "reasoning", "status",
    "model", "finishReason", "usage", "createdAt")
  SELECT ?, ?, ?, ?, ?, "role", "prompt", "text", "reasoning", "status", "model", "finishReason", "usage", "createdAt"
  FROM "Message" WHERE "key" = ? RETURNING "key"`;

const COPY_MEDIA = `
  INSERT INTO "MessageMedia" ("messageKey", "at", "mediaId") SELECT ?, "at", "mediaId" FROM "MessageMedia" WHERE "messageKey" = ?`;

const COPY_SUMMARY = `
  INSERT INTO "Summary" ("messageId", "conversationId", "text", "model", "createdAt")
  SELECT ?, ?, "text", "model", "createdAt" FROM "Summary" WHERE "messageId" = ?`;

/** A path that is to be copied. */
export interface Fork {
  /** The id of its conversation. */
  readonly from: string;
  /** Its last message; null when there is none. */
  readonly lastId: string | null;
  /** The time of the copy. */
  readonly now: string;
}

/**
 * Copies a path into a new conversation, with new ids, and returns the conversation's id; null when the old one was
 * deleted meanwhile. Run it in a transaction.
 */
export function forkPath(db: Statements, { from, lastId, now }: Fork): string | null {
  const id = newId('conv');
  const path = lastId === null ? [] : db.all(SELECT_PATH, lastId, from);
  if (db.run(COPY_CONVERSATION, { id, from, now, count: path.length }) === 0) return null;
  const ids = new Map(path.map(([, messageId]) => [String(messageId), newId('msg')]));
  // The new id of each turn whose answer is on another branch.
  const turnIds = new Map<string, string>();
  const turnIdOf = (turnId: string): string => {
    const known = ids.get(turnId) ?? turnIds.get(turnId) ?? newId('add');
    turnIds.set(turnId, known);
    return known;
  };
  let parentId: string | null = null;
  for (const [i, [key, messageId, turnId]] of path.entries()) {
    const copyId = ids.get(String(messageId)) ?? newId('msg');
    const copyTurnId = turnIdOf(String(turnId));
    const [row] = db.all(COPY_MESSAGE, copyId, id, i + 1, parentId, copyTurnId, Number(key));
    db.run(COPY_MEDIA, Number(row?.[0]), Number(key));
    db.run(COPY_SUMMARY, copyId, id, String(messageId));
    parentId = copyId;
  }
  return id;
}
