import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { MessageRow } from './interface/conversations.ts';
import type { ResponseStore, StoredResponse } from './interface/responses.ts';
import { messageFields, ownedBy, toMessageRow } from './rows.ts';

export class Responses implements ResponseStore {
  readonly #db: PrismaClient;

  constructor(db: PrismaClient) {
    this.#db = db;
  }

  find(id: string, owner: string | null): Promise<StoredResponse | null> {
    return useDatabase(async () => {
      const row = await this.#db.response.findFirst({
        where: { id, conversation: ownedBy(owner) },
        include: { conversation: { select: { messageCount: true, systemPrompt: true } } },
      });
      if (!row) return null;
      const { conversation, ...response } = row;
      const answer = await this.#db.message.findUnique({
        where: { conversationId_seq: { conversationId: row.conversationId, seq: row.answerSeq } },
        select: messageFields,
      });
      return answer && { ...response, ...conversation, answer: toMessageRow(answer) };
    });
  }

  messages(conversationId: string, from: number, before: number): Promise<readonly MessageRow[]> {
    return useDatabase(async () => {
      const where = { conversationId, seq: { gte: from, lt: before } };
      const rows = await this.#db.message.findMany({ where, select: messageFields, orderBy: { seq: 'asc' } });
      return rows.map(toMessageRow);
    });
  }

  message(id: string, owner: string | null): Promise<MessageRow | null> {
    return useDatabase(async () => {
      const row = await this.#db.message.findFirst({
        where: { id, conversation: ownedBy(owner) },
        select: messageFields,
      });
      return row && toMessageRow(row);
    });
  }

  outputs(conversationId: string): Promise<ReadonlyMap<number, string>> {
    return useDatabase(async () => {
      const rows = await this.#db.response.findMany({
        where: { conversationId },
        select: { answerSeq: true, output: true },
      });
      return new Map(rows.flatMap(({ answerSeq, output }) => (output === null ? [] : [[answerSeq, output]])));
    });
  }

  remove(id: string): Promise<boolean> {
    return useDatabase(async () => (await this.#db.response.deleteMany({ where: { id } })).count > 0);
  }
}
