import { Prisma, type PrismaClient } from './generated/client.ts';
import type { ConversationPage } from './interface/conversations.ts';
import { conversationFields } from './rows.ts';

interface Hit {
  readonly conversationId: string;
  readonly excerpt: string;
}

/**
 * Conversations with a message that holds all the words, one row each, ranked by their best message. SQLite's FTS5:
 * https://www.sqlite.org/fts5.html; another database needs another form of this file alone.
 */
export async function searchConversations(
  db: PrismaClient,
  page: { owner: string | null; userId: string | null; limit: number; offset: number; match: string },
): Promise<ConversationPage> {
  const { match } = page;
  const owned = page.owner === null ? Prisma.empty : Prisma.sql`AND c."owner" = ${page.owner}`;
  // The bare column "key" comes from the row of the minimum: https://www.sqlite.org/lang_select.html#bareagg
  // snippet() does not work on grouped rows, hence the second look at the index. CROSS JOIN is SQLite's way to fix the
  // order of a join: left to itself, one version took twenty times longer.
  const [hits, [count]] = await Promise.all([
    db.$queryRaw<Hit[]>`
      SELECT best."conversationId", snippet("MessageSearch", 0, '[', ']', '…', 24) AS "excerpt"
      FROM (
        SELECT m."conversationId", m."key", min(s."rank") AS "score", c."lastUsedAt"
        FROM "MessageSearch" s
        CROSS JOIN "Message" m ON m."key" = s.rowid
        CROSS JOIN "Conversation" c ON c."id" = m."conversationId"
        WHERE s."MessageSearch" MATCH ${match} AND c."userId" IS NOT DISTINCT FROM ${page.userId} ${owned}
        GROUP BY m."conversationId"
        ORDER BY "score", c."lastUsedAt" DESC
        LIMIT ${page.limit} OFFSET ${page.offset}
      ) best
      CROSS JOIN "MessageSearch" ON "MessageSearch".rowid = best."key" AND "MessageSearch" MATCH ${match}
      ORDER BY best."score", best."lastUsedAt" DESC`,
    db.$queryRaw<{ total: bigint }[]>`
      SELECT count(DISTINCT m."conversationId") AS "total"
      FROM "MessageSearch" s
      CROSS JOIN "Message" m ON m."key" = s.rowid
      CROSS JOIN "Conversation" c ON c."id" = m."conversationId"
      WHERE s."MessageSearch" MATCH ${match} AND c."userId" IS NOT DISTINCT FROM ${page.userId} ${owned}`,
  ]);
  const rows = await db.conversation.findMany({
    where: { id: { in: hits.map((hit) => hit.conversationId) } },
    select: conversationFields,
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  const items = hits.flatMap(({ conversationId, excerpt }) => {
    const row = byId.get(conversationId);
    return row ? [{ ...row, excerpt }] : [];
  });
  return { items, total: Number(count?.total ?? 0) };
}

/**
 * The user's words as an FTS5 query: each one quoted, so that nothing in it is an operator, and the last one as a
 * prefix, since it may still be being typed. Null when there is no word.
 */
export function toMatch(query: string): string | null {
  const words = query.replaceAll('\0', ' ').split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  return `${words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ')}*`;
}
