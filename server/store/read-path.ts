import type { PrismaClient } from './generated/client.ts';
import { inBatches } from './in-batches.ts';
import type { MediaChoice, MessageRow } from './interface/conversations.ts';
import type { SeqRange } from './interface/responses.ts';
import { messageFields, toMessageRow, wholeMessageFields } from './rows.ts';

/** A message on a path. The last one has the highest `seq`. */
export interface PathMessage {
  readonly id: string;
  readonly seq: number;
}

/**
 * Parses a list that SQLite returns as one JSON text. For many rows, Prisma takes several times as long as SQLite takes
 * to find them.
 */
const listIn = <T>([row]: readonly { readonly list: string }[]): T[] => JSON.parse(row?.list ?? '[]');

/** The path from a first message to this one, without prompts, since a conversation may have thousands of messages. */
export async function readPath(db: PrismaClient, lastId: string): Promise<PathMessage[]> {
  // The statement begins with SELECT, so that the connection for reading runs it, beside a writer.
  const rows = await db.$queryRaw<{ list: string }[]>`
    SELECT json_group_array(json_array("id", "seq")) AS "list" FROM (
      WITH RECURSIVE "path" AS (
        SELECT "id", "parentId", "seq" FROM "Message" WHERE "id" = ${lastId}
        UNION ALL
        SELECT m."id", m."parentId", m."seq" FROM "path" JOIN "Message" m ON m."id" = "path"."parentId")
      SELECT "id", "seq" FROM "path" ORDER BY "seq")`;
  return listIn<[id: string, seq: number]>(rows).map(([id, seq]) => ({ id, seq }));
}

/** The messages of a path, in order. */
export async function readMessages(
  db: PrismaClient,
  path: readonly PathMessage[],
  omitsMedia = false,
): Promise<MessageRow[]> {
  const select = omitsMedia ? messageFields : wholeMessageFields;
  const messages: MessageRow[] = [];
  const ids = path.map(({ id }) => id);
  await inBatches(ids, async (batch) => {
    const rows = await db.message.findMany({ where: { id: { in: batch } }, select, orderBy: { seq: 'asc' } });
    let length = 0;
    for (const row of rows) {
      const message = toMessageRow(row);
      length += message.prompt.length;
      messages.push(message);
    }
    return length;
  });
  return messages;
}

export const within = ({ from, before }: SeqRange) => ({ gte: from, ...(before === undefined ? {} : { lt: before }) });

/** The messages of a conversation in a range, in order. */
export async function readRange(
  db: PrismaClient,
  conversationId: string,
  { from, before, omitsMedia }: SeqRange & MediaChoice,
): Promise<MessageRow[]> {
  // One statement finds them all, because a branch that is removed while they are read renumbers those behind it.
  const path = await db.message.findMany({
    where: { conversationId, seq: within({ from, before }) },
    select: { id: true, seq: true },
    orderBy: { seq: 'asc' },
  });
  return readMessages(db, path, omitsMedia);
}

/** The alternatives of messages: for each message that shares its parent with others, the ids of all of them. */
export async function readSiblings(db: PrismaClient, conversationId: string): Promise<Map<string, readonly string[]>> {
  const rows = await db.$queryRaw<{ list: string }[]>`
    SELECT json_group_array(json_array("parentId", "id")) AS "list" FROM (
      SELECT "parentId", "id" FROM "Message" WHERE "conversationId" = ${conversationId} AND (
        "parentId" IN (SELECT "parentId" FROM "Message" WHERE "conversationId" = ${conversationId}
          GROUP BY "parentId" HAVING count(*) > 1)
        OR "parentId" IS NULL) ORDER BY "seq")`;
  const byParent = new Map<string | null, string[]>();
  for (const [parentId, id] of listIn<[parentId: string | null, id: string]>(rows)) {
    const children = byParent.get(parentId);
    if (children) children.push(id);
    else byParent.set(parentId, [id]);
  }
  return new Map([...byParent.values()].flatMap((children) => children.map((id) => [id, children])));
}
