import { runIdOf } from '../canonical/ids.ts';
import type { Background } from './background/background.ts';
import { readDatabase, useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import { inBatches } from './in-batches.ts';
import type { MediaChoice, MessageRow } from './interface/conversations.ts';
import type { Reader, ResponseRow, ResponseStore, SeqRange, StoredResponse } from './interface/responses.ts';
import { readMessages, readPath, readRange, within } from './read-path.ts';
import {
  messageFields,
  outputFields,
  outputOf,
  responseFields,
  toMessageRow,
  toResponseRow,
  visibleTo,
  WITH_MEDIA,
  wholeMessageFields,
  wholeOutputFields,
  wholeResponseFields,
  withinReach,
} from './rows.ts';

export class Responses implements ResponseStore {
  readonly #db: PrismaClient;
  readonly #background: Background;

  constructor(db: PrismaClient, background: Background) {
    this.#db = db;
    this.#background = background;
  }

  find(id: string, reader: Reader, { omitsMedia }: MediaChoice = WITH_MEDIA): Promise<StoredResponse | null> {
    return readDatabase(async () => {
      const row = await this.#db.response.findFirst({
        where: { id, conversation: withinReach(reader) },
        select: {
          ...(omitsMedia ? responseFields : wholeResponseFields),
          conversation: { select: { messageCount: true, systemPrompt: true, userId: true } },
        },
      });
      if (!row) return null;
      const { conversation, ...response } = row;
      const answer = await this.#db.message.findUnique({
        where: { conversationId_seq: { conversationId: row.conversationId, seq: row.answerSeq } },
        select: messageFields,
      });
      return answer && { ...toResponseRow(response), ...conversation, answer: toMessageRow(answer) };
    });
  }

  messages(
    conversationId: string,
    range: SeqRange,
    { omitsMedia }: MediaChoice = WITH_MEDIA,
  ): Promise<readonly MessageRow[]> {
    return readDatabase(() => readRange(this.#db, conversationId, { ...range, omitsMedia }));
  }

  path(messageId: string): Promise<readonly MessageRow[]> {
    return readDatabase(async () => {
      const path = await readPath(this.#db, messageId);
      return readMessages(this.#db, path);
    });
  }

  message(id: string, reader: Reader): Promise<MessageRow | null> {
    return readDatabase(async () => {
      const row = await this.#db.message.findFirst({
        where: { id, conversation: visibleTo(reader) },
        select: wholeMessageFields,
      });
      return row && toMessageRow(row);
    });
  }

  outputs(
    conversationId: string,
    range: SeqRange,
    { omitsMedia }: MediaChoice = WITH_MEDIA,
  ): Promise<ReadonlyMap<number, string>> {
    return readDatabase(async () => {
      // One statement finds them all, because a branch that is removed while they are read renumbers those behind it.
      const places = await this.#db.response.findMany({
        where: { conversationId, answerSeq: within(range) },
        select: { id: true, answerSeq: true },
      });
      return this.#readOutputs(new Map(places.map(({ id, answerSeq }) => [id, answerSeq])), omitsMedia);
    });
  }

  /** The outputs of responses by the numbers of their answers. */
  async #readOutputs(places: ReadonlyMap<string, number>, omitsMedia: boolean) {
    const outputs = new Map<number, string>();
    await inBatches([...places.keys()], async (batch) => {
      const rows = await this.#db.response.findMany({
        where: { id: { in: batch } },
        select: omitsMedia ? outputFields : wholeOutputFields,
      });
      let length = 0;
      for (const row of rows) {
        const output = outputOf(row);
        const seq = places.get(row.id);
        length += output?.length ?? 0;
        if (output !== null && seq !== undefined) outputs.set(seq, output);
      }
      return length;
    });
    return outputs;
  }

  page(conversationId: string, afterSeq: number, limit: number): Promise<readonly ResponseRow[]> {
    return readDatabase(async () => {
      const rows = await this.#db.response.findMany({
        where: { conversationId, answerSeq: { gt: afterSeq } },
        select: wholeResponseFields,
        orderBy: { answerSeq: 'asc' },
        take: limit,
      });
      return rows.map(toResponseRow);
    });
  }

  async remove(id: string): Promise<boolean> {
    const removed = await useDatabase(async () => {
      await this.#db.run.deleteMany({ where: { id: runIdOf(id) } });
      return (await this.#db.response.deleteMany({ where: { id } })).count > 0;
    });
    if (removed) await this.#background.forget();
    return removed;
  }
}
