import { StoredMessage } from '../../contracts/conversations/conversation.ts';
import { MessageStatus } from '../../contracts/conversations/status.ts';
import { selectPath } from './branches.ts';
import { joinMedia, type MediaPiece } from './cut-media.ts';
import type { HistoryMessage } from './interface/conversations.ts';
import { mediaOf } from './media.ts';
import type { Statements } from './sqlite/connection.ts';

const SELECT_ALL = `
  SELECT "id", "turnId", "role", "prompt", "status" FROM "Message" WHERE "conversationId" = ? ORDER BY "seq"`;

const SELECT_PATH = selectPath(['id', 'turnId', 'role', 'prompt', 'status']);

/** One of a few words. Every turn reads its whole history: zod would take longer for these than SQLite for the rows. */
function wordOf<Word extends string>(words: readonly Word[]): (value: unknown) => Word {
  const known = new Map<unknown, Word>(words.map((word) => [word, word]));
  return (value) => {
    const word = known.get(value);
    if (word === undefined) throw new Error(`The database says '${value}' where one of ${words.join(', ')} is to be.`);
    return word;
  };
}

const roleOf = wordOf(StoredMessage.shape.role.options);
const statusOf = wordOf(MessageStatus.options);

function toHistoryMessage(row: unknown[], pieces: readonly MediaPiece[] = []): HistoryMessage {
  const [, turnId, role, prompt, status] = row;
  const whole = joinMedia(String(prompt), pieces);
  return { turnId: String(turnId), role: roleOf(role), prompt: whole, status: statusOf(status) };
}

/** Which messages of a conversation, from a first one on. */
export interface HistoryPlace {
  readonly conversationId: string;
  /** The last one; null: there are none. */
  readonly lastId: string | null;
  /** There are no branches, and `lastId` is the last of all. */
  readonly isAll: boolean;
}

/** The messages up to one, oldest first. In a transaction. */
export function readHistory(db: Statements, { conversationId, lastId, isAll }: HistoryPlace): HistoryMessage[] {
  if (lastId === null) return [];
  const rows = isAll ? db.all(SELECT_ALL, conversationId) : db.all(SELECT_PATH, lastId, conversationId);
  const prompts = new Map(rows.map(([id, , , prompt]) => [String(id), String(prompt)]));
  const media = mediaOf(db, conversationId, prompts);
  return rows.map((row) => toHistoryMessage(row, media.get(String(row[0]))));
}
