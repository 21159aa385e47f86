import type { PrismaClient } from './generated/client.ts';
import type { ConversationKey, ConversationRow, MessagePage, MessagePageRequest } from './interface/conversations.ts';
import type { PageCursor } from './interface/page.ts';
import { notACursor, timeOfId } from './page-cursor.ts';
import { type PathMessage, readMessages, readPath, readSiblings } from './read-path.ts';
import { conversationFields, messageFields, toMessageRow, visibleTo, wholeMessageFields } from './rows.ts';

/** The edge of a page: the `seq` of a message or, when the message is deleted, its id. Ids sort by their age. */
type Edge = { readonly seq: number } | { readonly id: string };

/** The edge at a message, which may be deleted. */
async function edgeOf(db: PrismaClient, conversationId: string, cursor: PageCursor | undefined): Promise<Edge | null> {
  if (!cursor) return null;
  const found = await db.message.findFirst({ where: { conversationId, id: cursor.value }, select: { seq: true } });
  if (found) return found;
  if (timeOfId(cursor.value) === null) throw notACursor(cursor);
  return { id: cursor.value };
}

/** The messages between two edges, and the side from which the page is taken. */
interface Range {
  readonly after: Edge | null;
  readonly before: Edge | null;
  readonly backwards: boolean;
  readonly limit: number;
  readonly omitsMedia: boolean;
}

const compared = (edge: Edge | null, by: 'gt' | 'lt') =>
  edge === null ? {} : 'seq' in edge ? { seq: { [by]: edge.seq } } : { id: { [by]: edge.id } };

const isBeyond = (message: PathMessage, edge: Edge | null): boolean =>
  edge === null || ('seq' in edge ? message.seq > edge.seq : message.id > edge.id);

const isBefore = (message: PathMessage, edge: Edge | null): boolean =>
  edge === null || ('seq' in edge ? message.seq < edge.seq : message.id < edge.id);

/**
 * Reads a page of all messages, in the order in which they were added. It holds one more than `limit`, where there are
 * more.
 */
async function readRange(db: PrismaClient, conversationId: string, range: Range) {
  const { after, before, backwards, limit, omitsMedia } = range;
  const rows = await db.message.findMany({
    where: { conversationId, AND: [compared(after, 'gt'), compared(before, 'lt')] },
    select: omitsMedia ? messageFields : wholeMessageFields,
    orderBy: { seq: backwards ? 'desc' : 'asc' },
    take: limit + 1,
  });
  return rows.map(toMessageRow);
}

/** How many of the messages after an edge have so many bytes together, media included: at least one, at most `limit`. */
async function countWithin(
  db: PrismaClient,
  conversationId: string,
  { after, limit, mostBytes }: Pick<Range, 'after' | 'limit'> & { readonly mostBytes: number },
): Promise<number> {
  const seq = after && 'seq' in after ? after.seq : -1;
  const id = after && 'id' in after ? after.id : '';
  const rows = await db.$queryRaw<{ bytes: number | bigint }[]>`
    SELECT octet_length(m."prompt") + coalesce(octet_length(m."reasoning"), 0) + coalesce((
      SELECT sum(octet_length(d."data")) FROM "MessageMedia" l JOIN "Media" d ON d."id" = l."mediaId"
      WHERE l."messageKey" = m."key"), 0) AS "bytes"
    FROM "Message" m WHERE m."conversationId" = ${conversationId} AND m."seq" > ${seq} AND m."id" > ${id}
    ORDER BY m."seq" LIMIT ${limit}`;
  let bytes = 0;
  const fitting = rows.findIndex((row) => {
    bytes += Number(row.bytes);
    return bytes > mostBytes;
  });
  return fitting < 0 ? limit : Math.max(1, fitting);
}

/** Reads a page of the messages on a path, in the same way. */
async function readPathRange(db: PrismaClient, path: readonly PathMessage[], range: Range) {
  const { after, before, backwards, limit, omitsMedia } = range;
  const inside = path.filter((message) => isBeyond(message, after) && isBefore(message, before));
  const shown = backwards ? inside.slice(-limit - 1) : inside.slice(0, limit + 1);
  const rows = await readMessages(db, shown, omitsMedia);
  return backwards ? rows.reverse() : rows;
}

async function lastOf(db: PrismaClient, { id, messageCount: seq }: ConversationRow): Promise<string | null> {
  const last = await db.message.findFirst({ where: { conversationId: id, seq }, select: { id: true } });
  return last?.id ?? null;
}

/**
 * A conversation with the messages beside a cursor, or with its first ones. Null when there is none that this user can
 * see.
 */
export async function pageMessages(
  db: PrismaClient,
  key: ConversationKey,
  { limit: most, after, before, omitsMedia = false, isTree = false, mostBytes }: MessagePageRequest,
): Promise<MessagePage | null> {
  const where = { id: key.id, ...visibleTo(key) };
  const conversation = await db.conversation.findFirst({ where, select: conversationFields });
  if (!conversation) return null;
  const { id, headMessageId } = conversation;
  const backwards = before !== undefined && after === undefined;
  const edges = { after: await edgeOf(db, id, after), before: await edgeOf(db, id, before) };
  const isBounded = mostBytes !== undefined && isTree && !backwards;
  const limit = isBounded ? await countWithin(db, id, { after: edges.after, limit: most, mostBytes }) : most;
  const range = { ...edges, backwards, limit, omitsMedia };
  const rows =
    headMessageId === null || isTree
      ? await readRange(db, id, range)
      : await readPathRange(db, await readPath(db, headMessageId), range);
  const shown = rows.slice(0, limit);
  return {
    conversation,
    messages: backwards ? shown.reverse() : shown,
    headId: headMessageId ?? (await lastOf(db, conversation)),
    siblings: headMessageId === null || isTree ? new Map() : await readSiblings(db, id),
    hasMore: rows.length > limit,
  };
}
