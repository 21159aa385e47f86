import { Usage } from '../../contracts/chat/completion.ts';
import { cutMedia, fitsText, joinMedia } from './cut-media.ts';
import type { Prisma } from './generated/client.ts';
import type { ConversationKey, ConversationRow, MediaChoice, MessageRow } from './interface/conversations.ts';
import type { ResponseRow } from './interface/responses.ts';
import { MAX_TEXT } from './search/fold-text.ts';

/** Unless the caller chooses otherwise, texts are read with their media. */
export const WITH_MEDIA: MediaChoice = { omitsMedia: false };

type Viewer = Pick<ConversationKey, 'owner' | 'userId'>;

/**
 * The conversations that a key of this user can reach: the user's own, and those without a user. Without an owner: those
 * that the administrator began.
 */
export function visibleTo({ owner, userId }: Viewer): Prisma.ConversationWhereInput {
  return { owner, ...(userId === null ? { userId } : { OR: [{ userId }, { userId: null }] }) };
}

/** The conversations that a key of this user can reach. A key that names no user reaches those of every user. */
export const withinReach = (viewer: Viewer): Prisma.ConversationWhereInput =>
  viewer.userId === null ? { owner: viewer.owner } : visibleTo(viewer);

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
  summary: { select: { text: true, model: true, createdAt: true } },
} as const satisfies Prisma.MessageSelect & Record<keyof MessageRow, unknown>;

/** The data that was cut out, as Prisma reads it with a row. */
const cutOutData = {
  select: { at: true, media: { select: { data: true } } },
  orderBy: { at: 'asc' },
} as const satisfies Prisma.MessageSelect['media'];

/** A stored message, with the data that was cut out of its prompt. */
export const wholeMessageFields = { ...messageFields, media: cutOutData } as const satisfies Prisma.MessageSelect;

type CutOutData = readonly { readonly at: number; readonly media: { readonly data: string } }[];

/** A text was changed between the reading of it and of its media. */
class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** How often a text is read again that changes all the time. */
const ATTEMPTS = 20;

/** Prisma reads texts and their media one after the other. Where a text is changed in between, both are read again. */
export async function readSettled<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Puts the data back, or leaves it out: also of a text that was stored before data was cut out. */
function restore(text: string, media: CutOutData | undefined): string {
  if (!media) return cutMedia(text).text;
  const pieces = media.map(({ at, media: { data } }) => ({ at, data }));
  if (!fitsText(text, pieces)) throw new ChangedMeanwhile();
  return joinMedia(text, pieces);
}

/** A message as it is in the database. */
type StoredRow = Omit<MessageRow, 'usage'> & {
  readonly usage: string | null;
  /** Absent: nobody asks for the data. */
  readonly media?: CutOutData;
};

/** Within `readSettled`. */
export function toMessageRow({ media, ...row }: StoredRow): MessageRow {
  // Counts that an upstream made up must not make a conversation unreadable.
  const usage = row.usage === null ? null : Usage.safeParse(JSON.parse(row.usage));
  return { ...row, prompt: restore(row.prompt, media), usage: usage?.data ?? null };
}

export const responseFields = {
  id: true,
  conversationId: true,
  firstSeq: true,
  answerSeq: true,
  echo: true,
  output: true,
  error: true,
  createdAt: true,
  endedAt: true,
} as const satisfies Record<keyof ResponseRow, true>;

/** A stored response, with the data that was cut out of its output. */
export const wholeResponseFields = { ...responseFields, media: cutOutData } as const satisfies Prisma.ResponseSelect;

/**
 * The columns of a response that are read for its output. The request that it echoes may be long, so it is left out.
 */
export const outputFields = { id: true, output: true } as const satisfies Prisma.ResponseSelect;
export const wholeOutputFields = { ...outputFields, media: cutOutData } as const satisfies Prisma.ResponseSelect;

type StoredOutput = Pick<ResponseRow, 'output'> & { readonly media?: CutOutData };

/** Within `readSettled`. */
export const outputOf = ({ output, media }: StoredOutput): string | null =>
  output === null ? null : restore(output, media);

/** Puts the media back into the output, as with messages. Call it within `readSettled`. */
export function toResponseRow(stored: ResponseRow & StoredOutput): ResponseRow {
  const { media, ...row } = stored;
  return { ...row, output: outputOf(stored) };
}

/** Removes NUL characters: SQLite's text functions stop at one, and PostgreSQL refuses it. */
export function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

/** The part of a message's text that the search can find. */
export const searchedText = (text: string): string => withoutNul(text.slice(0, MAX_TEXT));
