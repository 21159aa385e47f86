import { MessageStatus, StoredMessage } from '../../contracts/conversations/conversation.ts';
import { AppError } from '../errors/app-error.ts';
import { newId } from './ids.ts';
import type { Owner } from './owner.ts';
import { freeTurnsOf } from './recover-turns.ts';
import { withoutNul } from './rows.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';
import { type BegunTurn, EMPTY_ANSWER, type EndedTurn, type HistoryMessage, type NewTurn } from './store.ts';

const INSERT_CONVERSATION = `
  INSERT INTO "Conversation" ("id", "userId", "model", "systemPrompt", "messageCount", "activeTurnId", "activeOwner",
    "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const SELECT_CONVERSATION = `
  SELECT "systemPrompt", "messageCount", "activeTurnId", "activeOwner" FROM "Conversation"
  WHERE "id" = ? AND ("userId" IS NULL OR "userId" = ?)`;

const TAKE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = ?, "activeOwner" = ?, "messageCount" = ?, "model" = ?, "lastUsedAt" = ?,
    "systemPrompt" = ?
  WHERE "id" = ?`;

const SELECT_HISTORY = `
  SELECT "id", "turnId", "role", "prompt", "status" FROM "Message" WHERE "conversationId" = ? ORDER BY "seq"`;

const INSERT_MESSAGE = `
  INSERT INTO "Message" ("id", "conversationId", "seq", "parentId", "turnId", "role", "prompt", "text", "status",
    "model", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Only while in progress: what later prompts were built on never changes. */
const END_ANSWER = `
  UPDATE "Message" SET "status" = ?, "prompt" = ?, "text" = ?, "reasoning" = ?, "finishReason" = ?, "usage" = ?
  WHERE "id" = ? AND "conversationId" = ? AND "status" = 'in_progress'`;

const FREE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "id" = ? AND "activeTurnId" = ?`;

/** Where the messages of a turn go. */
interface Place {
  readonly conversationId: string;
  readonly answerId: string;
  readonly now: string;
  /** How many messages there are, and the last of them. */
  readonly count: number;
  readonly lastId: string | null;
}

/**
 * The turn protocol: `Conversation.activeTurnId` is taken and let go in one transaction with what it guards. The hot
 * path of `/c1`, hence past Prisma. The transaction holds the database's write lock from its start, so two processes
 * are as safe as two callers in one.
 */
export class Turns {
  readonly #transact: Transact;
  readonly #owner: Owner;
  #lastMs = 0;

  constructor(transact: Transact, owner: Owner) {
    this.#transact = transact;
    this.#owner = owner;
  }

  begin(turn: NewTurn): Promise<BegunTurn> {
    const { conversationId } = turn;
    return this.#transact((db) =>
      conversationId === null ? this.#start(db, turn) : this.#continue(db, turn, conversationId),
    );
  }

  end(turn: EndedTurn): Promise<void> {
    const { conversationId, answerId, status, prompt } = turn;
    const text = withoutNul(turn.text);
    const reasoning = turn.reasoning && withoutNul(turn.reasoning);
    const finishReason = turn.finishReason && withoutNul(turn.finishReason);
    const usage = turn.usage && JSON.stringify(turn.usage);
    return this.#transact((db) => {
      db.run(END_ANSWER, status, prompt, text, reasoning, finishReason, usage, answerId, conversationId);
      db.run(FREE_CONVERSATION, conversationId, answerId);
    });
  }

  #start(db: Statements, turn: NewTurn): BegunTurn {
    turn.check?.([]);
    const conversationId = newId('conv');
    const answerId = newId('msg');
    const now = this.#now();
    const { userId, model, messages, systemPrompt = null } = turn;
    const count = messages.length + 1;
    db.run(INSERT_CONVERSATION, conversationId, userId, model, systemPrompt, count, answerId, this.#owner.id, now, now);
    insertMessages(db, turn, { conversationId, answerId, now, count: 0, lastId: null });
    return { conversationId, answerId, systemPrompt, history: [] };
  }

  #continue(db: Statements, turn: NewTurn, conversationId: string): BegunTurn {
    const [found] = db.all(SELECT_CONVERSATION, conversationId, turn.userId);
    if (!found) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
    const [storedPrompt, messageCount, activeTurnId, activeOwner] = found;
    if (activeTurnId !== null) this.#freeFromTheDead(db, String(activeOwner));
    const rows = db.all(SELECT_HISTORY, conversationId);
    const history = rows.map(toHistoryMessage);
    turn.check?.(history);

    const answerId = newId('msg');
    const now = this.#now();
    const systemPrompt = turn.systemPrompt === undefined ? textOrNull(storedPrompt) : turn.systemPrompt;
    const count = Number(messageCount);
    const total = count + turn.messages.length + 1;
    db.run(TAKE_CONVERSATION, answerId, this.#owner.id, total, turn.model, now, systemPrompt, conversationId);
    insertMessages(db, turn, { conversationId, answerId, now, count, lastId: textOrNull(rows.at(-1)?.[0]) });
    return { conversationId, answerId, systemPrompt, history };
  }

  /** No two turns of a process have the same time, by which conversations are listed. */
  #now(): string {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return toSqliteTime(new Date(this.#lastMs));
  }

  /** The process that answers may be gone while this one lives on. Throws when it is truly busy. */
  #freeFromTheDead(db: Statements, ownerId: string): void {
    if (ownerId === this.#owner.id || this.#owner.isAlive(ownerId)) {
      throw new AppError('conversation_busy', undefined, { param: 'conversation_id' });
    }
    freeTurnsOf(db, ownerId);
  }
}

/** The turn's messages, then the empty answer. */
function insertMessages(db: Statements, turn: NewTurn, place: Place): void {
  const { conversationId, answerId, now } = place;
  let { count: seq, lastId: parentId } = place;
  for (const { role, prompt, text } of turn.messages) {
    const id = newId('msg');
    const words = withoutNul(text);
    seq += 1;
    db.run(
      INSERT_MESSAGE,
      ...[id, conversationId, seq, parentId, answerId, role, prompt, words, 'completed', null, now],
    );
    parentId = id;
  }
  const { model } = turn;
  seq += 1;
  db.run(
    INSERT_MESSAGE,
    ...[answerId, conversationId, seq, parentId, answerId, 'assistant', EMPTY_ANSWER, '', 'in_progress', model, now],
  );
}

function toHistoryMessage([, turnId, role, prompt, status]: unknown[]): HistoryMessage {
  return {
    turnId: String(turnId),
    role: StoredMessage.shape.role.parse(role),
    prompt: String(prompt),
    status: MessageStatus.parse(status),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
