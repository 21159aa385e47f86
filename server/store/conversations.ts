import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { Owner } from './owner.ts';
import { conversationFields, messageFields, ownedBy, toMessageRow, visibleTo } from './rows.ts';
import { searchConversations, toMatch } from './search.ts';
import type {
  BegunTurn,
  ConversationKey,
  ConversationPage,
  ConversationRow,
  ConversationStore,
  EndedTurn,
  MessageRow,
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
    fields: { title?: string | null | undefined; systemPrompt?: string | null | undefined },
  ): Promise<ConversationRow | null> {
    const { title, systemPrompt } = fields;
    return useDatabase(async () => {
      const [updated] = await this.#db.conversation.updateManyAndReturn({
        where: { id: key.id, ...visibleTo(key) },
        data: { ...(title !== undefined && { title }), ...(systemPrompt !== undefined && { systemPrompt }) },
        select: conversationFields,
      });
      return updated ?? null;
    });
  }

  remove(key: ConversationKey): Promise<boolean> {
    return useDatabase(async () => {
      const { count } = await this.#db.conversation.deleteMany({ where: { id: key.id, ...visibleTo(key) } });
      return count > 0;
    });
  }
}
