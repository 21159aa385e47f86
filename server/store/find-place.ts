import { AppError } from '../errors/app-error.ts';
import { messageAt } from './branches.ts';
import type { ConversationKey } from './interface/conversations.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';

const SELECT_CONVERSATION = `
  SELECT "systemPrompt", "messageCount", "activeTurnId", "activeOwner", "headMessageId" FROM "Conversation"
  WHERE "id" = ? AND ("userId" IS NULL OR "userId" = ?) AND "owner" IS COALESCE(?, "owner")`;

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
  readonly systemPrompt: string | null;
  readonly activeOwner: string | null;
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
  const [systemPrompt, messageCount, activeTurnId, activeOwner, headMessageId] = found;
  const count = Number(messageCount);
  return {
    systemPrompt: textOrNull(systemPrompt),
    count,
    activeOwner: activeTurnId === null ? null : String(activeOwner),
    headId: textOrNull(headMessageId) ?? messageAt(db, id, count),
    isLinear: headMessageId === null,
  };
}

export function findMessage(db: Statements, conversationId: string, { id, param }: MessageRef): FoundMessage {
  const [found] = db.all(SELECT_STATE, id, conversationId);
  if (!found) throw new AppError('message_not_found', `The conversation has no message '${id}'.`, { param });
  const [role, status, parentId, process] = found;
  return { role: String(role), status: String(status), parentId: textOrNull(parentId), process: textOrNull(process) };
}
