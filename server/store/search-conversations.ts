import type { Background } from './background/background.ts';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { ConversationPage, ConversationRow, ListRequest } from './interface/conversations.ts';
import type { PageCursor } from './interface/page.ts';
import { fromCursor, notACursor, toCursor } from './page-cursor.ts';
import { readPath } from './read-path.ts';
import { conversationFields } from './rows.ts';
import type { SearchPlace } from './search/search-page.ts';

const cursorOf = (place: SearchPlace): string =>
  place.by === 'title' ? toCursor('title', place.lastUsedAt, place.id) : toCursor('message', place.key);

function readPlace(value: string): SearchPlace | null {
  const [kind, first, second] = fromCursor(value) ?? [];
  if (kind === 'message' && typeof first === 'number') return { by: 'message', key: first };
  if (kind !== 'title' || typeof first !== 'string' || typeof second !== 'string') return null;
  return { by: 'title', lastUsedAt: first, id: second };
}

function placeOf(cursor: PageCursor | undefined): SearchPlace | null {
  if (!cursor) return null;
  const place = readPlace(cursor.value);
  if (place) return place;
  throw notACursor(cursor);
}

async function isOnPath(db: PrismaClient, { headMessageId }: ConversationRow, messageId: string): Promise<boolean> {
  if (headMessageId === null) return true;
  return (await readPath(db, headMessageId)).some(({ id }) => id === messageId);
}

/**
 * The conversations of a user whose title contains all the words, or one of whose messages does. Those found by their
 * titles come first, then the others by their newest match.
 */
export function searchConversations(
  db: PrismaClient,
  background: Background,
  request: ListRequest & { readonly query: string },
): Promise<ConversationPage> {
  const { owner, userId, limit, offset, query } = request;
  return useDatabase(async () => {
    const [after, before] = [placeOf(request.after), placeOf(request.before)];
    const page = await background.call('search', { scope: { owner, userId }, query, limit, offset, after, before });
    // The index only says where to look; the conversations themselves decide who can see them.
    const rows = await db.conversation.findMany({
      where: { id: { in: page.hits.map((hit) => hit.conversationId) }, owner, userId },
      select: conversationFields,
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    const shown = page.hits.flatMap(({ conversationId, ...hit }) => {
      const row = byId.get(conversationId);
      return row ? [{ row, hit }] : [];
    });
    const items = await Promise.all(
      shown.map(async ({ row, hit: { messageId, excerpt } }) => {
        const message = messageId === null ? null : { id: messageId, isOnPath: await isOnPath(db, row, messageId) };
        return { ...row, excerpt, message };
      }),
    );
    const [first, last] = [page.hits.at(0), page.hits.at(-1)];
    return {
      items,
      total: page.total,
      isLowerBound: page.isLowerBound,
      nextCursor: page.hasAfter && last ? cursorOf(last.place) : null,
      prevCursor: page.hasBefore && first ? cursorOf(first.place) : null,
    };
  });
}
