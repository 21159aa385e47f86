import { Usage } from '../../contracts/chat/completion.ts';
import type { Prisma } from './generated/client.ts';
import type { ConversationRow, MessageRow } from './store.ts';

/** Which conversations a key of this user may name: their own, and those without a user. */
export function visibleTo(userId: string | null): Prisma.ConversationWhereInput {
  return userId === null ? { userId } : { OR: [{ userId }, { userId: null }] };
}

export const conversationFields = {
  id: true,
  title: true,
  userId: true,
  model: true,
  systemPrompt: true,
  messageCount: true,
  metadata: true,
  createdAt: true,
  lastUsedAt: true,
} as const satisfies Record<keyof ConversationRow, true>;

export const messageFields = {
  id: true,
  seq: true,
  parentId: true,
  turnId: true,
  role: true,
  prompt: true,
  reasoning: true,
  status: true,
  model: true,
  finishReason: true,
  usage: true,
  createdAt: true,
} as const satisfies Record<keyof MessageRow, true>;

/** A message as the database has it. */
type StoredRow = Omit<MessageRow, 'usage'> & { readonly usage: string | null };

export function toMessageRow(row: StoredRow): MessageRow {
  return { ...row, usage: row.usage === null ? null : Usage.parse(JSON.parse(row.usage)) };
}

/** SQLite's text functions end at a NUL character and PostgreSQL refuses it. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
