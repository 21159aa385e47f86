import { useDatabase } from './failures.ts';
import type { Prisma, PrismaClient } from './generated/client.ts';
import type { ConversationPage, ListRequest } from './interface/conversations.ts';
import type { PageCursor } from './interface/page.ts';
import { fromCursor, notACursor, timeOfId, toCursor } from './page-cursor.ts';
import { conversationFields } from './rows.ts';

/** A place in the list, which is sorted by these two fields, descending. */
interface ListPlace {
  readonly lastUsedAt: Date;
  readonly id: string;
}

const KIND = 'used';

const cursorOf = ({ lastUsedAt, id }: ListPlace): string => toCursor(KIND, lastUsedAt.getTime(), id);

function readPlace(value: string): ListPlace | null {
  const [kind, time, id] = fromCursor(value) ?? [];
  if (kind !== KIND || typeof time !== 'number' || typeof id !== 'string') return null;
  const lastUsedAt = new Date(time);
  return Number.isNaN(lastUsedAt.getTime()) ? null : { lastUsedAt, id };
}

/** The place of a conversation by its id. When the conversation is gone, the time in its id stands for it. */
async function findPlace(
  db: PrismaClient,
  scope: Prisma.ConversationWhereInput,
  id: string,
): Promise<ListPlace | null> {
  const row = await db.conversation.findFirst({ where: { ...scope, id }, select: { lastUsedAt: true, id: true } });
  if (row) return row;
  const time = timeOfId(id);
  return time === null ? null : { lastUsedAt: new Date(time), id };
}

async function placeOf(db: PrismaClient, scope: Prisma.ConversationWhereInput, cursor: PageCursor): Promise<ListPlace> {
  const place = readPlace(cursor.value) ?? (await findPlace(db, scope, cursor.value));
  if (place) return place;
  throw notACursor(cursor);
}

/** The conversations after a place. The first condition lets the database use its index; the second one is exact. */
const follows = ({ lastUsedAt, id }: ListPlace): Prisma.ConversationWhereInput => ({
  lastUsedAt: { lte: lastUsedAt },
  OR: [{ lastUsedAt: { lt: lastUsedAt } }, { id: { lt: id } }],
});

const precedes = ({ lastUsedAt, id }: ListPlace): Prisma.ConversationWhereInput => ({
  lastUsedAt: { gte: lastUsedAt },
  OR: [{ lastUsedAt: { gt: lastUsedAt } }, { id: { gt: id } }],
});

/** The conversations of a user, the most recently used first. */
export function listConversations(db: PrismaClient, request: ListRequest): Promise<ConversationPage> {
  const { owner, userId, limit, offset, after, before } = request;
  const scope = { owner, userId };
  return useDatabase(async () => {
    const start = after && (await placeOf(db, scope, after));
    const end = before && (await placeOf(db, scope, before));
    const backwards = end !== undefined && start === undefined;
    const order = backwards ? 'asc' : 'desc';
    const [rows, total] = await Promise.all([
      db.conversation.findMany({
        where: { ...scope, AND: [start ? follows(start) : {}, end ? precedes(end) : {}] },
        orderBy: [{ lastUsedAt: order }, { id: order }],
        // One more row tells whether there are others.
        take: limit + 1,
        skip: start || end ? 0 : offset,
        select: conversationFields,
      }),
      db.conversation.count({ where: scope }),
    ]);
    const items = backwards ? rows.slice(0, limit).reverse() : rows.slice(0, limit);
    const more = rows.length > limit;
    const hasAfter = backwards || (end !== undefined && items.length > 0) || more;
    const hasBefore = backwards ? more : start !== undefined || offset > 0;
    const [first, last] = [items.at(0), items.at(-1)];
    return {
      items,
      total,
      isLowerBound: false,
      nextCursor: hasAfter && last ? cursorOf(last) : null,
      prevCursor: hasBefore && first ? cursorOf(first) : null,
    };
  });
}
