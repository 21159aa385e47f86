import { AppError } from '../errors/app-error.ts';
import { BackgroundWriter } from './background-writer.ts';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type {
  BegunTurn,
  ConversationKey,
  ConversationPage,
  ConversationRow,
  ConversationStore,
  EndedTurn,
  MessageRow,
  NewConversation,
  NewMessage,
  NewTurn,
  RewrittenMessage,
} from './interface/conversations.ts';
import { conversationFields, messageFields, ownedBy, toMessageRow, visibleTo } from './rows.ts';
import { searchConversations, toMatch } from './search.ts';
import type { Turns } from './turns.ts';

/** The database has just failed: it is not asked again at once. */
const RETRY_MS = 100;

export class Conversations implements ConversationStore {
  readonly #db: PrismaClient;
  readonly #turns: Turns;
  /**
   * Ends of turns that the database did not take: without its end a conversation would stay busy for as long as the
   * process lives.
   */
  readonly #unwritten: BackgroundWriter<EndedTurn>;

  constructor(db: PrismaClient, turns: Turns, onError: (error: unknown) => void) {
    this.#db = db;
    this.#turns = turns;
    this.#unwritten = new BackgroundWriter({
      one: 'an answer',
      many: 'answers',
      batch: 1,
      waitMs: RETRY_MS,
      write: ([turn]) => (turn ? turns.end(turn) : Promise.resolve()),
      onError,
    });
  }

  /** Writes what was not written yet, or says what is lost. */
  close(): Promise<void> {
    return this.#unwritten.close();
  }

  beginTurn(turn: NewTurn): Promise<BegunTurn> {
    return useDatabase(() => this.#turns.begin(turn));
  }

  async endTurn(turn: EndedTurn): Promise<void> {
    try {
      await useDatabase(() => this.#turns.end(turn));
    } catch (error) {
      if (error instanceof AppError && error.code === 'service_unavailable') this.#unwritten.add(turn);
      throw error;
    }
  }

  dropTurn(turn: Pick<BegunTurn, 'conversationId' | 'answerId'>): Promise<void> {
    return useDatabase(() => this.#turns.drop(turn));
  }

  list(page: Parameters<ConversationStore['list']>[0]): Promise<ConversationPage> {
    const { owner, userId, limit, offset, query = '' } = page;
    return useDatabase(async () => {
      const match = toMatch(query);
      if (match !== null) return searchConversations(this.#db, { owner, userId, limit, offset, match });
      const where = { ...ownedBy(owner), userId };
      const [items, total] = await Promise.all([
        this.#db.conversation.findMany({
          where,
          orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
          take: limit,
          skip: offset,
          select: conversationFields,
        }),
        this.#db.conversation.count({ where }),
      ]);
      return { items, total };
    });
  }

  find(key: ConversationKey): Promise<{ conversation: ConversationRow; messages: readonly MessageRow[] } | null> {
    return useDatabase(async () => {
      const found = await this.#db.conversation.findFirst({
        where: { id: key.id, ...visibleTo(key) },
        select: { ...conversationFields, messages: { select: messageFields, orderBy: { seq: 'asc' } } },
      });
      if (!found) return null;
      const { messages, ...conversation } = found;
      return { conversation, messages: messages.map(toMessageRow) };
    });
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
    return useDatabase(async () => {
      const [updated] = await this.#db.conversation.updateManyAndReturn({
        where: { id: key.id, ...visibleTo(key) },
        data: {
          ...(title !== undefined && { title }),
          ...(systemPrompt !== undefined && { systemPrompt }),
          ...(metadata !== undefined && { metadata }),
        },
        select: conversationFields,
      });
      return updated ?? null;
    });
  }

  create(start: NewConversation): Promise<string> {
    return useDatabase(() => this.#turns.create(start));
  }

  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return useDatabase(() => this.#turns.append(key, messages));
  }

  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean> {
    return useDatabase(() => this.#turns.rewrite(key, messageId, rewritten));
  }

  remove(key: ConversationKey): Promise<boolean> {
    return useDatabase(async () => {
      const { count } = await this.#db.conversation.deleteMany({ where: { id: key.id, ...visibleTo(key) } });
      return count > 0;
    });
  }
}
