import { AppError } from '../errors/app-error.ts';
import type { Background } from './background/background.ts';
import { LongMessages } from './background/long-messages.ts';
import type { Edits } from './edits.ts';
import { readDatabase, useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type { UnwrittenMessage } from './insert-messages.ts';
import type {
  ConversationKey,
  ConversationPage,
  ConversationRow,
  ConversationStore,
  Erased,
  ListRequest,
  MediaChoice,
  MessagePage,
  MessagePageRequest,
  NewConversation,
  RemovedBranch,
  RewrittenMessage,
} from './interface/conversations.ts';
import type { ImportedConversation } from './interface/imports.ts';
import type { NewSummary, Summary } from './interface/summaries.ts';
import type { BegunTurn, EndedTurn, NewMessage, NewTurn } from './interface/turns.ts';
import { listConversations } from './list-conversations.ts';
import { pageMessages } from './page-messages.ts';
import { readMessages, readPath, readRange } from './read-path.ts';
import { conversationFields, visibleTo, WITH_MEDIA, withoutNul } from './rows.ts';
import { searchConversations } from './search-conversations.ts';
import { type DroppedTurn, TurnEnds } from './turn-ends.ts';
import type { Turns } from './turns.ts';

interface ConversationsDeps {
  readonly db: PrismaClient;
  readonly turns: Turns;
  readonly edits: Edits;
  readonly background: Background;
  /** A thread that only writes and reads long messages, so that their turns do not wait for indexing and deletion. */
  readonly writer: Background;
  readonly onError: (error: unknown) => void;
}

/** One step of the index for each user, however many conversations each has. No name is empty. */
const usersOf = (owner: string, after: string, limit: number) => Prisma.sql`
  SELECT "userId" FROM (
    WITH RECURSIVE "step"("userId") AS (
      SELECT MIN("userId") FROM "Conversation" WHERE "owner" = ${owner} AND "userId" > ${after}
      UNION ALL
      SELECT (SELECT MIN("userId") FROM "Conversation" WHERE "owner" = ${owner} AND "userId" > "step"."userId")
      FROM "step" WHERE "step"."userId" IS NOT NULL LIMIT ${limit})
    SELECT "userId" FROM "step" WHERE "userId" IS NOT NULL)`;

export class Conversations implements ConversationStore {
  readonly #db: PrismaClient;
  readonly #turns: Turns;
  readonly #edits: Edits;
  readonly #ends: TurnEnds;
  readonly #background: Background;
  readonly #long: LongMessages;

  constructor({ db, turns, edits, background, writer, onError }: ConversationsDeps) {
    this.#db = db;
    this.#turns = turns;
    this.#edits = edits;
    this.#background = background;
    this.#long = new LongMessages(writer);
    this.#ends = new TurnEnds(turns, writer, onError);
  }

  /** Writes what was not written yet, or says what is lost. */
  close(): Promise<void> {
    return this.#ends.close();
  }

  beginTurn(turn: NewTurn): Promise<BegunTurn> {
    return this.#write(async () => {
      const { begun, unwritten } = await this.#long.withTexts((known) => this.#turns.begin(turn, known));
      if (unwritten.length === 0) return begun;
      const long = { ...begun, isLong: true };
      await this.#fill(long, unwritten);
      return long;
    });
  }

  endTurn(turn: EndedTurn): Promise<void> {
    return this.#write(() => this.#ends.end(turn));
  }

  dropTurn(turn: DroppedTurn): Promise<void> {
    return this.#ends.drop(turn);
  }

  list({ query = '', ...request }: ListRequest): Promise<ConversationPage> {
    // A blank query is none.
    if (withoutNul(query).trim() === '') return listConversations(this.#db, request);
    return searchConversations(this.#db, this.#background, { ...request, query });
  }

  ids(
    { owner, userId }: Pick<ConversationKey, 'owner' | 'userId'>,
    { after, limit }: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly string[]> {
    const where = { owner, userId, ...(after === null ? {} : { id: { gt: after } }) };
    return useDatabase(async () => {
      const rows = await this.#db.conversation.findMany({
        where,
        select: { id: true },
        orderBy: { id: 'asc' },
        take: limit,
      });
      return rows.map(({ id }) => id);
    });
  }

  users(
    owner: string,
    { after, limit }: { readonly after: string | null; readonly limit: number },
  ): Promise<readonly string[]> {
    return useDatabase(async () => {
      const rows = await this.#db.$queryRaw<{ userId: string }[]>(usersOf(owner, after ?? '', limit));
      return rows.map(({ userId }) => userId);
    });
  }

  userOf(id: string, owner: string): Promise<string | null | undefined> {
    return useDatabase(async () => {
      const found = await this.#db.conversation.findFirst({ where: { id, owner }, select: { userId: true } });
      return found?.userId;
    });
  }

  find(key: ConversationKey, { omitsMedia }: MediaChoice = WITH_MEDIA): ReturnType<ConversationStore['find']> {
    return readDatabase(async () => {
      const conversation = await this.#findRow(key);
      if (!conversation) return null;
      const { headMessageId } = conversation;
      if (headMessageId !== null) {
        const path = await readPath(this.#db, headMessageId);
        return { conversation, messages: await readMessages(this.#db, path, omitsMedia) };
      }
      return { conversation, messages: await readRange(this.#db, key.id, { from: 0, omitsMedia }) };
    });
  }

  findRow(key: ConversationKey): Promise<ConversationRow | null> {
    return useDatabase(() => this.#findRow(key));
  }

  pathIds(conversationId: string): Promise<ReadonlySet<string> | null> {
    return useDatabase(async () => {
      const row = await this.#db.conversation.findUnique({
        where: { id: conversationId },
        select: { headMessageId: true },
      });
      if (!row || row.headMessageId === null) return null;
      return new Set((await readPath(this.#db, row.headMessageId)).map(({ id }) => id));
    });
  }

  findPage(key: ConversationKey, page: MessagePageRequest): Promise<MessagePage | null> {
    return readDatabase(() => pageMessages(this.#db, key, page));
  }

  update(
    key: ConversationKey,
    fields: {
      title?: string | null | undefined;
      systemPrompt?: string | null | undefined;
      metadata?: string | null | undefined;
    },
  ): Promise<ConversationRow | null> {
    const { title, systemPrompt, metadata } = fields;
    const updating = this.#write(async () => {
      const [updated] = await this.#db.conversation.updateManyAndReturn({
        where: { id: key.id, ...visibleTo(key) },
        data: {
          ...(title !== undefined && { title, titleSource: title === null ? null : 'user' }),
          ...(systemPrompt !== undefined && { systemPrompt }),
          ...(metadata !== undefined && { metadata }),
        },
        select: conversationFields,
      });
      return updated ?? null;
    });
    // The replaced texts leave the log as deleted ones do, but nobody waits for it.
    const replacesText = [title, systemPrompt, metadata].some((text) => text !== undefined);
    if (replacesText) void updating.then(() => this.#background.forget()).catch(() => {});
    return updating;
  }

  wordTitle(conversationId: string, title: string): Promise<boolean> {
    return this.#write(async () => {
      const { count } = await this.#db.conversation.updateMany({
        where: { id: conversationId, titleSource: 'message' },
        data: { title: withoutNul(title), titleSource: 'model' },
      });
      return count > 0;
    });
  }

  summaries(conversationId: string): Promise<ReadonlyMap<string, Summary>> {
    return useDatabase(async () => {
      const rows = await this.#db.summary.findMany({ where: { conversationId } });
      return new Map(rows.map(({ messageId, text, model, createdAt }) => [messageId, { text, model, createdAt }]));
    });
  }

  keepSummary(summary: NewSummary): Promise<Summary | null> {
    return useDatabase(() => this.#long.withTexts((known) => this.#edits.keepSummary(summary, known)));
  }

  moveHead(key: ConversationKey, messageId: string): Promise<void> {
    return useDatabase(() => this.#edits.moveHead(key, messageId));
  }

  fork(key: ConversationKey, messageId: string | null): Promise<string> {
    return this.#write(async () => {
      const copied = await this.#background.call('fork', await this.#edits.findFork(key, messageId));
      if (copied === null) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
      return copied;
    });
  }

  async removeBranch(key: ConversationKey, messageId: string): Promise<RemovedBranch> {
    const removed = await this.#write(() => this.#removeBranch(key, messageId));
    await this.#background.forget();
    return removed;
  }

  /**
   * The background thread removes a branch, because it may have thousands of messages. The thread does not know which processes
   * live, so the runs in the branch are checked here.
   */
  async #removeBranch(key: ConversationKey, messageId: string): Promise<RemovedBranch> {
    for (let running: readonly string[] = []; ; ) {
      await this.#edits.checkBranch(key, messageId, running);
      const removed = await this.#background.call('removeBranch', key.id, messageId);
      if (!('running' in removed)) return removed;
      running = removed.running;
    }
  }

  create(start: NewConversation): Promise<string> {
    return this.#write(() => this.#edits.create(start));
  }

  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return this.#write(() => this.#edits.append(key, messages));
  }

  async rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean> {
    const found = await this.#write(() => this.#edits.rewrite(key, messageId, rewritten));
    if (found) await this.#background.forget();
    return found;
  }

  remove(key: ConversationKey): Promise<boolean> {
    return useDatabase(() => this.#background.call('remove', key));
  }

  import(conversation: ImportedConversation): Promise<boolean> {
    return this.#write(() => this.#background.call('import', conversation));
  }

  erase(owner: string | null, userId: string): Promise<Erased> {
    return useDatabase(() => this.#background.call('erase', owner, userId));
  }

  #findRow(key: ConversationKey): Promise<ConversationRow | null> {
    return this.#db.conversation.findFirst({ where: { id: key.id, ...visibleTo(key) }, select: conversationFields });
  }

  /** Writes the words of a turn's messages; when that fails, nothing of the turn is kept. */
  async #fill(begun: BegunTurn, unwritten: readonly UnwrittenMessage[]): Promise<void> {
    try {
      await this.#long.write(unwritten);
    } catch (error) {
      await this.#ends.drop(begun);
      throw error;
    }
  }

  /** Writes, and has the search index what was written before long. */
  async #write<T>(work: () => Promise<T>): Promise<T> {
    const result = await useDatabase(work);
    this.#background.indexSoon();
    return result;
  }
}
