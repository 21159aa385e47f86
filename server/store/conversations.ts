import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import { newId } from './ids.ts';
import type { Owner } from './owner.ts';
import { conversationFields, messageFields, toMessageRow, visibleTo } from './rows.ts';
import { searchConversations, toMatch } from './search.ts';
import type {
  BegunTurn,
  ConversationKey,
  ConversationPage,
  ConversationRow,
  ConversationStore,
  EndedTurn,
  MessageRow,
  NewMessage,
  NewTurn,
} from './store.ts';
import { Turns } from './turns.ts';

export class Conversations implements ConversationStore {
  readonly #db: PrismaClient;
  readonly #turns: Turns;

  constructor(db: PrismaClient, owner: Owner) {
    this.#db = db;
    this.#turns = new Turns(db, owner);
  }

  beginTurn(turn: NewTurn): Promise<BegunTurn> {
    return useDatabase(() => this.#turns.begin(turn));
  }

  endTurn(turn: EndedTurn): Promise<void> {
    return useDatabase(() => this.#turns.end(turn));
  }

  list(page: { userId: string | null; limit: number; offset: number; query?: string }): Promise<ConversationPage> {
    const { userId, limit, offset, query = '' } = page;
    return useDatabase(async () => {
      const match = toMatch(query);
      if (match !== null) return searchConversations(this.#db, { userId, limit, offset, match });
      const [items, total] = await Promise.all([
        this.#db.conversation.findMany({
          where: { userId },
          orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
          take: limit,
          skip: offset,
          select: conversationFields,
        }),
        this.#db.conversation.count({ where: { userId } }),
      ]);
      return { items, total };
    });
  }

  find(key: ConversationKey): Promise<{ conversation: ConversationRow; messages: readonly MessageRow[] } | null> {
    return useDatabase(async () => {
      const found = await this.#db.conversation.findFirst({
        where: { id: key.id, ...visibleTo(key.userId) },
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
        where: { id: key.id, ...visibleTo(key.userId) },
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

  create(start: { userId: string | null; metadata: string | null; messages: readonly NewMessage[] }): Promise<string> {
    const { userId, metadata, messages } = start;
    return useDatabase(async () => {
      const id = newId('conv');
      const now = new Date();
      await this.#db.conversation.create({ data: { id, userId, metadata, createdAt: now, lastUsedAt: now } });
      if (messages.length > 0) await this.#turns.append({ id, userId }, messages);
      return id;
    });
  }

  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return useDatabase(() => this.#turns.append(key, messages));
  }

  remove(key: ConversationKey): Promise<boolean> {
    return useDatabase(async () => {
      const { count } = await this.#db.conversation.deleteMany({ where: { id: key.id, ...visibleTo(key.userId) } });
      return count > 0;
    });
  }
}
