import { runIdOf } from '../canonical/ids.ts';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { MessageRow } from './interface/conversations.ts';
import type { Reader, ResponseRow, ResponseStore, StoredResponse } from './interface/responses.ts';
import { readMessages, readPath } from './read-path.ts';
import { toMessageRow, visibleTo, wholeMessageFields, withinReach } from './rows.ts';

export class Responses implements ResponseStore {
  readonly #db: PrismaClient;

  constructor(db: PrismaClient) {
    this.#db = db;
  }

  find(id: string, reader: Reader): Promise<StoredResponse | null> {
    return useDatabase(async () => {
      const row = await this.#db.response.findFirst({
        where: { id, conversation: withinReach(reader) },
        include: { conversation: { select: { messageCount: true, systemPrompt: true, userId: true } } },
      });
      if (!row) return null;
      const { conversation, ...response } = row;
      const answer = await this.#db.message.findUnique({
        where: { conversationId_seq: { conversationId: row.conversationId, seq: row.answerSeq } },
        select: wholeMessageFields,
      });
      return answer && { ...response, ...conversation, answer: toMessageRow(answer) };
    });
  }

  messages(conversationId: string, from: number, before: number): Promise<readonly MessageRow[]> {
    return useDatabase(async () => {
      const where = { conversationId, seq: { gte: from, lt: before } };
      const rows = await this.#db.message.findMany({ where, select: wholeMessageFields, orderBy: { seq: 'asc' } });
      return rows.map(toMessageRow);
    });
  }

  path(messageId: string): Promise<readonly MessageRow[]> {
    return useDatabase(async () => {
      const path = await readPath(this.#db, messageId);
      return readMessages(this.#db, path);
    });
  }

  message(id: string, reader: Reader): Promise<MessageRow | null> {
    return useDatabase(async () => {
      const row = await this.#db.message.findFirst({
        where: { id, conversation: visibleTo(reader) },
        select: wholeMessageFields,
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

  page(conversationId: string, afterSeq: number, limit: number): Promise<readonly ResponseRow[]> {
    const where = { conversationId, answerSeq: { gt: afterSeq } };
    return useDatabase(() => this.#db.response.findMany({ where, orderBy: { answerSeq: 'asc' }, take: limit }));
  }

  remove(id: string): Promise<boolean> {
    return useDatabase(async () => {
      await this.#db.run.deleteMany({ where: { id: runIdOf(id) } });
      return (await this.#db.response.deleteMany({ where: { id } })).count > 0;
    });
  }
}
