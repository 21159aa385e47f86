import { StoredMessage } from '../../contracts/conversations/conversation.ts';
import { MessageStatus } from '../../contracts/conversations/status.ts';
import { selectPath } from './branches.ts';
import { joinMedia, type MediaPiece } from './cut-media.ts';
import type { HistoryMessage } from './interface/turns.ts';
import { mediaOf } from './media.ts';
import type { Statements } from './sqlite/connection.ts';

const SELECT_ALL = `
  SELECT "id", "turnId", "role", "prompt", "status" FROM "Message" WHERE "conversationId" = ? ORDER BY "seq"`;

const SELECT_PATH = selectPath(['id', 'turnId', 'role', 'prompt', 'status']);

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

function toHistoryMessage(row: unknown[], pieces: readonly MediaPiece[] = []): HistoryMessage {
  const [, turnId, role, prompt, status] = row;
  const whole = joinMedia(String(prompt), pieces);
  return { turnId: String(turnId), role: roleOf(role), prompt: whole, status: statusOf(status) };
}

/** Which messages of a conversation to read. */
export interface HistoryPlace {
  readonly conversationId: string;
  /** The last message; null when there are none. */
  readonly lastId: string | null;
  /** True when the conversation has no branches, and `lastId` is its last message. */
  readonly isAll: boolean;
}

/** The messages up to one, oldest first. Run it in a transaction. */
export function readHistory(db: Statements, { conversationId, lastId, isAll }: HistoryPlace): HistoryMessage[] {
  if (lastId === null) return [];
  const rows = isAll ? db.all(SELECT_ALL, conversationId) : db.all(SELECT_PATH, lastId, conversationId);
  const prompts = new Map(rows.map(([id, , , prompt]) => [String(id), String(prompt)]));
  const media = mediaOf(db, conversationId, prompts);
  return rows.map((row) => toHistoryMessage(row, media.get(String(row[0]))));
}
