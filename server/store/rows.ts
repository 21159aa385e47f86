import { Usage } from '../../contracts/chat/completion.ts';
import { joinMedia } from './cut-media.ts';
import type { Prisma } from './generated/client.ts';
import type { ConversationKey, ConversationRow, MessageRow } from './interface/conversations.ts';

type Viewer = Pick<ConversationKey, 'owner' | 'userId'>;

/** The conversations that a key of this user can reach: the user's own, and those without a user. */
export function visibleTo({ owner, userId }: Viewer): Prisma.ConversationWhereInput {
  return { ...ownedBy(owner), ...(userId === null ? { userId } : { OR: [{ userId }, { userId: null }] }) };
}

/** The conversations that a key of this user can reach. A key that names no user reaches those of every user. */
export const withinReach = (viewer: Viewer): Prisma.ConversationWhereInput =>
  viewer.userId === null ? ownedBy(viewer.owner) : visibleTo(viewer);

/** The conversations of an owner; null is the administrator, who sees those of every owner. */
export const ownedBy = (owner: string | null): Prisma.ConversationWhereInput => (owner === null ? {} : { owner });

export const conversationFields = {
  id: true,
  title: true,
  titleSource: true,
  userId: true,
  model: true,
  systemPrompt: true,
  messageCount: true,
  headMessageId: true,
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

/** The same, with the data that was cut out of the prompt. */
export const wholeMessageFields = {
  ...messageFields,
  media: { select: { at: true, media: { select: { data: true } } }, orderBy: { at: 'asc' } },
} as const satisfies Prisma.MessageSelect;

/** A message as it is in the database. */
type StoredRow = Omit<MessageRow, 'usage'> & {
  readonly usage: string | null;
  readonly media?: readonly { readonly at: number; readonly media: { readonly data: string } }[];
};

export function toMessageRow({ media = [], ...row }: StoredRow): MessageRow {
  // Counts that an upstream made up must not make a conversation unreadable.
  const usage = row.usage === null ? null : Usage.safeParse(JSON.parse(row.usage));
  const pieces = media.map(({ at, media: { data } }) => ({ at, data }));
  return { ...row, prompt: joinMedia(row.prompt, pieces), usage: usage?.data ?? null };
}

/** Removes NUL characters: SQLite's text functions stop at one, and PostgreSQL refuses it. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
