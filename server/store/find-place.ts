import { AppError } from '../errors/app-error.ts';
import type { ConversationKey } from './interface/conversations.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';

/** One statement, because every turn runs it. */
const SELECT_CONVERSATION = `
  SELECT c."systemPrompt", c."messageCount", c."activeTurnId", c."activeOwner", c."headMessageId", c."owner", h."id",
    CASE WHEN h."status" = 'in_progress' THEN
      (SELECT "process" FROM "Run" WHERE "Run"."id" = 'run_' || substr(h."turnId", 5)) END
  FROM "Conversation" c LEFT JOIN "Message" h ON h."id" = COALESCE(c."headMessageId",
    (SELECT "id" FROM "Message" WHERE "conversationId" = c."id" AND "seq" = c."messageCount"))
  WHERE c."id" = ? AND (c."userId" IS NULL OR c."userId" = ?) AND c."owner" IS ?`;

const SELECT_STATE = `
  SELECT "role", "status", "parentId",
    (SELECT "process" FROM "Run" WHERE "Run"."id" = 'run_' || substr("Message"."turnId", 5))
  FROM "Message" WHERE "id" = ? AND "conversationId" = ?`;

/** The end of a conversation's active path. */
export interface Tail {
  readonly count: number;
  /** The last message of the active path; null when there is none. */
  readonly headId: string | null;
  /** True when the conversation has no branches. */
  readonly isLinear: boolean;
}

export interface FoundConversation extends Tail {
  readonly owner: string | null;
  readonly systemPrompt: string | null;
  /** The process of the turn that holds the conversation, or that makes the message at its head; null: none does. */
  readonly activeProcess: string | null;
}

export interface FoundMessage {
  readonly role: string;
  readonly status: string;
  readonly parentId: string | null;
  /** The process that makes its turn; null: none does. */
  readonly process: string | null;
}

/** A message that a request names in its field `param`. */
export interface MessageRef {
  readonly id: string;
  readonly param: string;
}

export function findConversation(db: Statements, { id, owner, userId }: ConversationKey): FoundConversation {
  const [found] = db.all(SELECT_CONVERSATION, id, userId, owner);
  if (!found) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
  const [systemPrompt, messageCount, activeTurnId, activeOwner, headMessageId, itsOwner, lastId, maker] = found;
  return {
    owner: textOrNull(itsOwner),
    systemPrompt: textOrNull(systemPrompt),
    count: Number(messageCount),
    activeProcess: activeTurnId === null ? textOrNull(maker) : String(activeOwner),
    headId: textOrNull(headMessageId) ?? textOrNull(lastId),
    isLinear: headMessageId === null,
  };
}

export function findMessage(db: Statements, conversationId: string, { id, param }: MessageRef): FoundMessage {
  const [found] = db.all(SELECT_STATE, id, conversationId);
  if (!found) throw new AppError('message_not_found', `The conversation has no message '${id}'.`, { param });
  const [role, status, parentId, process] = found;
  return { role: String(role), status: String(status), parentId: textOrNull(parentId), process: textOrNull(process) };
}
