import type { PrismaClient } from './generated/client.ts';
import type { ConversationKey, MessagePage, MessagePageRequest } from './interface/conversations.ts';
import type { PageCursor } from './interface/page.ts';
import { notACursor, timeOfId } from './page-cursor.ts';
import { conversationFields, messageFields, toMessageRow, visibleTo, wholeMessageFields } from './rows.ts';

/** Where a message stands or, when it is deleted, stood: the ids of messages sort by their age. */
async function placeOf(db: PrismaClient, conversationId: string, cursor: PageCursor, side: 'after' | 'before') {
  const found = await db.message.findFirst({ where: { conversationId, id: cursor.value }, select: { seq: true } });
  if (found) return side === 'after' ? { seq: { gt: found.seq } } : { seq: { lt: found.seq } };
  if (timeOfId(cursor.value) === null) throw notACursor(cursor);
  return side === 'after' ? { id: { gt: cursor.value } } : { id: { lt: cursor.value } };
}

/** A conversation with the messages beside a cursor, or its first ones; null when there is none that this user may see. */
export async function pageMessages(
  db: PrismaClient,
  key: ConversationKey,
  { limit, after, before, omitsMedia }: MessagePageRequest,
): Promise<MessagePage | null> {
  const conversation = await db.conversation.findFirst({
    where: { id: key.id, ...visibleTo(key) },
    select: conversationFields,
  });
  if (!conversation) return null;
  const conversationId = key.id;
  const backwards = before !== undefined && after === undefined;
  const rows = await db.message.findMany({
    where: {
      conversationId,
      AND: [
        after ? await placeOf(db, conversationId, after, 'after') : {},
        before ? await placeOf(db, conversationId, before, 'before') : {},
      ],
    },
    select: omitsMedia ? messageFields : wholeMessageFields,
    orderBy: { seq: backwards ? 'desc' : 'asc' },
    // One more tells whether there are others.
    take: limit + 1,
  });
  const shown = rows.slice(0, limit).map(toMessageRow);
  return { conversation, messages: backwards ? shown.reverse() : shown, hasMore: rows.length > limit };
}
