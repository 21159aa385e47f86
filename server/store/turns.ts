import { AppError } from '../errors/app-error.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import { newId } from './ids.ts';
import type { Owner } from './owner.ts';
import { freeTurnsOf } from './recover-turns.ts';
import { visibleTo, withoutNul } from './rows.ts';
import {
  type BegunTurn,
  type ConversationKey,
  EMPTY_ANSWER,
  type EndedTurn,
  type HistoryMessage,
  type NewMessage,
  type NewTurn,
} from './store.ts';

/**
 * The turn protocol. The hot path of `/c1`, hence raw statements in one batch: `Conversation.activeTurnId` is taken by
 * a conditional UPDATE, and what follows in the same transaction has effect only where it was. Two processes on one
 * database are as safe as two callers in one.
 */
export class Turns {
  readonly #db: PrismaClient;
  readonly #owner: Owner;

  constructor(db: PrismaClient, owner: Owner) {
    this.#db = db;
    this.#owner = owner;
  }

  async begin(turn: NewTurn): Promise<BegunTurn> {
    if (turn.conversationId === null) return this.#start(turn);
    const conversationId = turn.conversationId;
    const begun = await this.#continue(turn, conversationId);
    if (begun) return begun;
    // Its process may be gone while this one lives on.
    if (await this.#freedFromTheDead(conversationId, turn.userId)) {
      const retried = await this.#continue(turn, conversationId);
      if (retried) return retried;
    }
    throw new AppError('conversation_busy', undefined, { param: 'conversation_id' });
  }

  async end(turn: EndedTurn): Promise<void> {
    await this.#db.$transaction([
      // Only while in progress: what later prompts were built on never changes.
      this.#db.$executeRaw`
        UPDATE "Message" SET "status" = ${turn.status}, "prompt" = ${turn.prompt}, "text" = ${withoutNul(turn.text)},
          "reasoning" = ${turn.reasoning}, "finishReason" = ${turn.finishReason},
          "usage" = ${turn.usage && JSON.stringify(turn.usage)}
        WHERE "id" = ${turn.answerId} AND "conversationId" = ${turn.conversationId} AND "status" = 'in_progress'`,
      this.#db.$executeRaw`
        UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL
        WHERE "id" = ${turn.conversationId} AND "activeTurnId" = ${turn.answerId}`,
    ]);
  }

  /** Messages without an answer: the conversation is held and freed in one transaction. */
  async append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    const turnId = newId('add');
    const now = new Date();
    const { id, userId } = key;
    const [[conversation]] = await this.#db.$transaction([
      this.#db.$queryRaw<{ messageCount: bigint }[]>`
        UPDATE "Conversation" SET "activeTurnId" = ${turnId}, "messageCount" = "messageCount" + ${messages.length},
          "lastUsedAt" = ${now}
        WHERE "id" = ${id} AND "activeTurnId" IS NULL AND ("userId" IS NULL OR "userId" = ${userId})
        RETURNING "messageCount"`,
      this.#db.$executeRaw(insertRows({ rows: messages.map(toRow), conversationId: id, turnId, now })),
      this.#db.$executeRaw`
        UPDATE "Conversation" SET "activeTurnId" = NULL WHERE "id" = ${id} AND "activeTurnId" = ${turnId}`,
    ]);
    if (conversation) return Number(conversation.messageCount) - messages.length + 1;
    if (await this.#freedFromTheDead(id, userId)) return this.append(key, messages);
    throw new AppError('conversation_busy', undefined, { param: 'conversation_id' });
  }

  async #start(turn: NewTurn): Promise<BegunTurn> {
    const conversationId = newId('conv');
    const answerId = newId('msg');
    const now = new Date();
    const systemPrompt = turn.systemPrompt ?? null;
    await this.#db.$transaction([
      this.#db.$executeRaw`
        INSERT INTO "Conversation" ("id", "userId", "model", "systemPrompt", "messageCount", "activeTurnId",
          "activeOwner", "createdAt", "lastUsedAt")
        VALUES (${conversationId}, ${turn.userId}, ${turn.model}, ${systemPrompt}, ${turn.messages.length + 1},
          ${answerId}, ${this.#owner.id}, ${now}, ${now})`,
      this.#db.$executeRaw(insertMessages({ turn, conversationId, answerId, now })),
    ]);
    return { conversationId, answerId, answerSeq: turn.messages.length + 1, systemPrompt, history: [] };
  }

  async #continue(turn: NewTurn, conversationId: string): Promise<BegunTurn | undefined> {
    const answerId = newId('msg');
    const now = new Date();
    const count = turn.messages.length + 1;
    const systemPrompt =
      turn.systemPrompt === undefined ? Prisma.empty : Prisma.sql`, "systemPrompt" = ${turn.systemPrompt}`;
    const expected =
      turn.expectedCount === undefined ? Prisma.empty : Prisma.sql` AND "messageCount" = ${turn.expectedCount}`;
    const [[conversation], , history] = await this.#db.$transaction([
      this.#db.$queryRaw<{ systemPrompt: string | null; messageCount: bigint }[]>`
        UPDATE "Conversation" SET "activeTurnId" = ${answerId}, "activeOwner" = ${this.#owner.id},
          "messageCount" = "messageCount" + ${count}, "model" = ${turn.model}, "lastUsedAt" = ${now}${systemPrompt}
        WHERE "id" = ${conversationId} AND "activeTurnId" IS NULL AND ("userId" IS NULL OR "userId" = ${turn.userId})${expected}
        RETURNING "systemPrompt", "messageCount"`,
      this.#db.$executeRaw(insertMessages({ turn, conversationId, answerId, now })),
      this.#db.$queryRaw<HistoryMessage[]>`
        SELECT m."turnId", m."role", m."prompt", m."status"
        FROM "Conversation" c JOIN "Message" m ON m."conversationId" = c."id"
        WHERE c."id" = ${conversationId} AND c."activeTurnId" = ${answerId} AND m."seq" <= c."messageCount" - ${count}
        ORDER BY m."seq"`,
    ]);
    if (!conversation) return undefined;
    const { systemPrompt: own, messageCount } = conversation;
    return { conversationId, answerId, answerSeq: Number(messageCount), systemPrompt: own, history };
  }

  /** False when it is truly busy; throws when there is no such conversation. */
  async #freedFromTheDead(id: string, userId: string | null): Promise<boolean> {
    const conversation = await this.#db.conversation.findFirst({
      where: { id, ...visibleTo(userId) },
      select: { activeOwner: true },
    });
    if (!conversation) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
    const owner = conversation.activeOwner;
    if (owner === null || this.#owner.isAlive(owner)) return false;
    await freeTurnsOf(this.#db, owner);
    return true;
  }
}

interface NewRow {
  readonly id: string;
  readonly role: string;
  readonly prompt: string;
  readonly text: string;
  readonly status: string;
  readonly model: string | null;
}

const toRow = ({ role, prompt, text }: NewMessage): NewRow => {
  return { id: newId('msg'), role, prompt, text: withoutNul(text), status: 'completed', model: null };
};

/** The turn's messages and the empty answer, provided that the conversation is held by this turn. */
function insertMessages(to: { turn: NewTurn; conversationId: string; answerId: string; now: Date }): Prisma.Sql {
  const { turn, conversationId, answerId, now } = to;
  const answer = { id: answerId, role: 'assistant', prompt: EMPTY_ANSWER, text: '', status: 'in_progress' };
  const rows = [...turn.messages.map(toRow), { ...answer, model: turn.model }];
  return insertRows({ rows, conversationId, turnId: answerId, now });
}

function insertRows(to: { rows: readonly NewRow[]; conversationId: string; turnId: string; now: Date }): Prisma.Sql {
  const { rows: messages, conversationId, turnId, now } = to;
  const rows = messages.map((message, i) => {
    const { id, role, prompt, text, status, model } = message;
    const parentId = messages[i - 1]?.id ?? null;
    return Prisma.sql`(${i + 1}, ${id}, ${parentId}, ${role}, ${prompt}, ${text}, ${status}, ${model})`;
  });
  return Prisma.sql`
    WITH "new" ("position", "id", "parentId", "role", "prompt", "text", "status", "model")
      AS (VALUES ${Prisma.join(rows)})
    INSERT INTO "Message" ("id", "conversationId", "seq", "parentId", "turnId", "role", "prompt", "text", "status",
      "model", "createdAt")
    SELECT n."id", c."id", c."messageCount" - ${messages.length} + n."position",
      COALESCE(n."parentId", (SELECT p."id" FROM "Message" p
        WHERE p."conversationId" = c."id" AND p."seq" = c."messageCount" - ${messages.length})),
      ${turnId}, n."role", n."prompt", n."text", n."status", n."model", ${now}
    FROM "Conversation" c, "new" n
    WHERE c."id" = ${conversationId} AND c."activeTurnId" = ${turnId}`;
}
