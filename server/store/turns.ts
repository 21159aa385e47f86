import { AppError } from '../errors/app-error.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import { newId } from './ids.ts';
import type { Owner } from './owner.ts';
import { freeTurnsOf } from './recover-turns.ts';
import { visibleTo, withoutNul } from './rows.ts';
import { type BegunTurn, EMPTY_ANSWER, type EndedTurn, type HistoryMessage, type NewTurn } from './store.ts';

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
    if (await this.#freedFromTheDead(conversationId, turn)) {
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

  async drop({ conversationId, answerId }: Pick<BegunTurn, 'conversationId' | 'answerId'>): Promise<void> {
    // While the conversation is held by this turn, its messages are the last ones.
    await this.#db.$transaction([
      this.#db.$executeRaw`
        DELETE FROM "Message" WHERE "turnId" = ${answerId} AND "conversationId" IN (SELECT "id" FROM "Conversation"
          WHERE "id" = ${conversationId} AND "activeTurnId" = ${answerId})`,
      this.#db.$executeRaw`
        DELETE FROM "Conversation" WHERE "id" = ${conversationId} AND "activeTurnId" = ${answerId}
          AND NOT EXISTS (SELECT 1 FROM "Message" WHERE "conversationId" = ${conversationId})`,
      this.#db.$executeRaw`
        UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL,
          "messageCount" = (SELECT count(*) FROM "Message" WHERE "conversationId" = ${conversationId})
        WHERE "id" = ${conversationId} AND "activeTurnId" = ${answerId}`,
    ]);
  }

  async #start(turn: NewTurn): Promise<BegunTurn> {
    const conversationId = newId('conv');
    const answerId = newId('msg');
    const now = new Date();
    const systemPrompt = turn.systemPrompt ?? null;
    await this.#db.$transaction([
      this.#db.$executeRaw`
        INSERT INTO "Conversation" ("id", "owner", "userId", "model", "systemPrompt", "messageCount", "activeTurnId",
          "activeOwner", "createdAt", "lastUsedAt")
        VALUES (${conversationId}, ${turn.owner}, ${turn.userId}, ${turn.model}, ${systemPrompt}, ${turn.messages.length + 1},
          ${answerId}, ${this.#owner.id}, ${now}, ${now})`,
      this.#db.$executeRaw(insertMessages({ turn, conversationId, answerId, now })),
    ]);
    return { conversationId, answerId, systemPrompt, history: [] };
  }

  async #continue(turn: NewTurn, conversationId: string): Promise<BegunTurn | undefined> {
    const answerId = newId('msg');
    const now = new Date();
    const count = turn.messages.length + 1;
    const systemPrompt =
      turn.systemPrompt === undefined ? Prisma.empty : Prisma.sql`, "systemPrompt" = ${turn.systemPrompt}`;
    const owned = turn.owner === null ? Prisma.empty : Prisma.sql`AND "owner" = ${turn.owner}`;
    const [[conversation], , history] = await this.#db.$transaction([
      this.#db.$queryRaw<{ systemPrompt: string | null }[]>`
        UPDATE "Conversation" SET "activeTurnId" = ${answerId}, "activeOwner" = ${this.#owner.id},
          "messageCount" = "messageCount" + ${count}, "model" = ${turn.model}, "lastUsedAt" = ${now}${systemPrompt}
        WHERE "id" = ${conversationId} AND "activeTurnId" IS NULL AND ("userId" IS NULL OR "userId" = ${turn.userId})
          ${owned}
        RETURNING "systemPrompt"`,
      this.#db.$executeRaw(insertMessages({ turn, conversationId, answerId, now })),
      this.#db.$queryRaw<HistoryMessage[]>`
        SELECT m."turnId", m."role", m."prompt", m."status"
        FROM "Conversation" c JOIN "Message" m ON m."conversationId" = c."id"
        WHERE c."id" = ${conversationId} AND c."activeTurnId" = ${answerId} AND m."seq" <= c."messageCount" - ${count}
        ORDER BY m."seq"`,
    ]);
    return conversation && { conversationId, answerId, systemPrompt: conversation.systemPrompt, history };
  }

  /** False when it is truly busy; throws when there is no such conversation. */
  async #freedFromTheDead(id: string, turn: NewTurn): Promise<boolean> {
    const conversation = await this.#db.conversation.findFirst({
      where: { id, ...visibleTo(turn) },
      select: { activeOwner: true },
    });
    if (!conversation) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
    const owner = conversation.activeOwner;
    if (owner === null || this.#owner.isAlive(owner)) return false;
    await freeTurnsOf(this.#db, owner);
    return true;
  }
}

/** The turn's messages and the empty answer, provided that the conversation is held by this turn. */
function insertMessages(to: { turn: NewTurn; conversationId: string; answerId: string; now: Date }): Prisma.Sql {
  const { turn, conversationId, answerId, now } = to;
  const messages = [
    ...turn.messages.map(({ role, prompt, text }) => {
      return { id: newId('msg'), role, prompt, text: withoutNul(text), status: 'completed', model: null };
    }),
    { id: answerId, role: 'assistant', prompt: EMPTY_ANSWER, text: '', status: 'in_progress', model: turn.model },
  ];
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
      ${answerId}, n."role", n."prompt", n."text", n."status", n."model", ${now}
    FROM "Conversation" c, "new" n
    WHERE c."id" = ${conversationId} AND c."activeTurnId" = ${answerId}`;
}
