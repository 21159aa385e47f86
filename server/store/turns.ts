import { StoredMessage } from '../../contracts/conversations/conversation.ts';
import { MessageStatus } from '../../contracts/conversations/status.ts';
import { runIdOf } from '../canonical/ids.ts';
import { AppError } from '../errors/app-error.ts';
import { cutMedia, joinMedia, type MediaPiece } from './cut-media.ts';
import { endTurn } from './end-turn.ts';
import { newId } from './ids.ts';
import { insertAnswer, insertMessages, type MessagePlace, newMessageIds } from './insert-messages.ts';
import type {
  BegunTurn,
  ConversationKey,
  EndedTurn,
  HistoryMessage,
  NewConversation,
  NewMessage,
  NewTurn,
  RewrittenMessage,
} from './interface/conversations.ts';
import { mediaOf, ownerOf, replaceMedia } from './media.ts';
import type { ProcessLock } from './process-lock.ts';
import { freeTurnsOf } from './recover-turns.ts';
import { removeMessage } from './remove-message.ts';
import { withoutNul } from './rows.ts';
import { insertRun } from './run-log.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

const INSERT_CONVERSATION = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "model", "systemPrompt", "messageCount", "activeTurnId", "activeOwner",
    "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_EMPTY = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "metadata", "messageCount", "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, 0, ?, ?)`;

const SELECT_CONVERSATION = `
  SELECT "systemPrompt", "messageCount", "activeTurnId", "activeOwner" FROM "Conversation"
  WHERE "id" = ? AND ("userId" IS NULL OR "userId" = ?) AND "owner" IS COALESCE(?, "owner")`;

const TAKE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = ?, "activeOwner" = ?, "messageCount" = ?, "model" = ?, "lastUsedAt" = ?,
    "systemPrompt" = ?
  WHERE "id" = ?`;

const LENGTHEN_CONVERSATION = 'UPDATE "Conversation" SET "messageCount" = ?, "lastUsedAt" = ? WHERE "id" = ?';

const SELECT_LAST = 'SELECT "id" FROM "Message" WHERE "conversationId" = ? AND "seq" = ?';

const SELECT_HISTORY = `
  SELECT "id", "turnId", "role", "prompt", "status" FROM "Message" WHERE "conversationId" = ? ORDER BY "seq"`;

/** While the conversation is held by this turn, its messages are the last ones. */
const DROP_MESSAGES = `
  DELETE FROM "Message" WHERE "turnId" = :answerId
    AND "conversationId" IN (SELECT "id" FROM "Conversation" WHERE "id" = :conversationId AND "activeTurnId" = :answerId)`;

const FREE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "id" = ? AND "activeTurnId" = ?`;

const FREE_RUN = `
  UPDATE "Run" SET "status" = 'incomplete', "process" = NULL, "endedAt" = ? WHERE "id" = ? AND "process" IS NOT NULL`;

const DROP_RUN = 'DELETE FROM "Run" WHERE "id" = ?';

const DROP_RESPONSE = `
  DELETE FROM "Response" WHERE "conversationId" = :conversationId AND "endedAt" IS NULL
    AND "answerSeq" > (SELECT count(*) FROM "Message" WHERE "conversationId" = :conversationId)`;

const DROP_CONVERSATION = `
  DELETE FROM "Conversation" WHERE "id" = :conversationId AND "activeTurnId" = :answerId
    AND NOT EXISTS (SELECT 1 FROM "Message" WHERE "conversationId" = :conversationId)`;

const FREE_AND_COUNT = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL,
    "messageCount" = (SELECT count(*) FROM "Message" WHERE "conversationId" = :conversationId)
  WHERE "id" = :conversationId AND "activeTurnId" = :answerId`;

const INSERT_RESPONSE = `
  INSERT INTO "Response" ("id", "conversationId", "firstSeq", "answerSeq", "echo", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?)`;

const SELECT_PLACE = 'SELECT "seq", "parentId" FROM "Message" WHERE "id" = ? AND "conversationId" = ?';

const REWRITE_MESSAGE = 'UPDATE "Message" SET "prompt" = ?, "text" = ?, "reasoning" = ? WHERE "id" = ?';

const REWRITE_RESPONSE = 'UPDATE "Response" SET "output" = ? WHERE "conversationId" = ? AND "answerSeq" = ?';

/**
 * The turn protocol: `Conversation.activeTurnId` is taken and let go in one transaction with what it guards. The hot
 * path of `/c1`, hence past Prisma. The transaction holds the database's write lock from its start, so two processes
 * are as safe as two callers in one.
 */
export class Turns {
  readonly #transact: Transact;
  readonly #owner: ProcessLock;
  #lastMs = 0;

  constructor(transact: Transact, owner: ProcessLock) {
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
    return this.#transact((db) => endTurn(db, turn));
  }

  /** The conversation takes turns again, and nothing else changes. */
  free({ conversationId, answerId }: Pick<EndedTurn, 'conversationId' | 'answerId'>): Promise<void> {
    return this.#transact((db) => {
      db.run(FREE_CONVERSATION, conversationId, answerId);
      db.run(FREE_RUN, toSqliteTime(new Date()), runIdOf(answerId));
    });
  }

  drop({ conversationId, answerId, isNew }: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew'>): Promise<void> {
    return this.#transact((db) => {
      db.run(DROP_RUN, runIdOf(answerId));
      db.run(DROP_MESSAGES, { conversationId, answerId });
      db.run(DROP_RESPONSE, { conversationId });
      if (isNew) db.run(DROP_CONVERSATION, { conversationId, answerId });
      db.run(FREE_AND_COUNT, { conversationId, answerId });
    });
  }

  /** Gives its id. */
  create({ owner, userId, metadata, messages }: NewConversation): Promise<string> {
    return this.#transact((db) => {
      const id = newId('conv');
      const now = this.#now();
      db.run(INSERT_EMPTY, id, owner, userId, metadata, now, now);
      if (messages.length > 0) this.#add(db, messages, { id, count: 0, now });
      return id;
    });
  }

  /** Messages without an answer. Gives the `seq` of the first one. */
  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return this.#transact((db) => {
      const { count } = this.#take(db, key);
      this.#add(db, messages, { id: key.id, count, now: this.#now() });
      return count + 1;
    });
  }

  /** Null takes the message out. False when there is none of that id. */
  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean> {
    const { id } = key;
    return this.#transact((db) => {
      this.#take(db, key);
      const [found] = db.all(SELECT_PLACE, messageId, id);
      if (!found) return false;
      const [seq, parentId] = [Number(found[0]), textOrNull(found[1])];
      if (rewritten === null) {
        removeMessage(db, { conversationId: id, id: messageId, seq, parentId });
        return true;
      }
      const { text, reasoning, output } = rewritten;
      const { prompt, pieces } = cutMedia(rewritten.prompt);
      db.run(REWRITE_MESSAGE, prompt, withoutNul(text), reasoning && withoutNul(reasoning), messageId);
      replaceMedia(db, messageId, pieces, ownerOf(db, id));
      // Its log says what it said before.
      db.run(DROP_RUN, runIdOf(messageId));
      if (output !== null) db.run(REWRITE_RESPONSE, output, id, seq);
      return true;
    });
  }

  #add(db: Statements, messages: readonly NewMessage[], to: { id: string; count: number; now: string }): void {
    const { id, count, now } = to;
    const lastId = textOrNull(db.all(SELECT_LAST, id, count)[0]?.[0]);
    const ids = newMessageIds(messages);
    const place = { ids, conversationId: id, owner: ownerOf(db, id), turnId: newId('add'), now, count, lastId };
    insertMessages(db, messages, place);
    db.run(LENGTHEN_CONVERSATION, count + messages.length, now, id);
  }

  /** A conversation that nobody is answering in. */
  #take(db: Statements, { id, owner, userId }: ConversationKey): { systemPrompt: string | null; count: number } {
    const [found] = db.all(SELECT_CONVERSATION, id, userId, owner);
    if (!found) throw new AppError('conversation_not_found', undefined, { param: 'conversation_id' });
    const [systemPrompt, messageCount, activeTurnId, activeOwner] = found;
    if (activeTurnId !== null) this.#freeFromTheDead(db, String(activeOwner));
    return { systemPrompt: textOrNull(systemPrompt), count: Number(messageCount) };
  }

  #start(db: Statements, turn: NewTurn): BegunTurn {
    turn.check?.([]);
    const conversationId = newId('conv');
    const ids = newMessageIds(turn.messages);
    const answerId = newId('msg');
    const now = this.#now();
    const { owner, userId, model, messages, systemPrompt = null } = turn;
    const count = messages.length + 1;
    db.run(
      INSERT_CONVERSATION,
      ...[conversationId, owner, userId, model, systemPrompt, count, answerId, this.#owner.id, now, now],
    );
    insertTurn(db, turn, { ids, conversationId, owner, turnId: answerId, now, count: 0, lastId: null });
    const run = this.#startRun(db, turn, { conversationId, answerId, now });
    return { conversationId, answerId, run, isNew: true, systemPrompt, history: [] };
  }

  #continue(db: Statements, turn: NewTurn, conversationId: string): BegunTurn {
    const { systemPrompt: storedPrompt, count } = this.#take(db, { ...turn, id: conversationId });
    if (turn.expectedCount !== undefined && turn.expectedCount !== count) throw busy();
    const rows = db.all(SELECT_HISTORY, conversationId);
    const media = mediaOf(
      db,
      conversationId,
      rows.map(([, , , prompt]) => String(prompt)),
    );
    const history = rows.map((row) => toHistoryMessage(row, media.get(String(row[0]))));
    turn.check?.(history);

    const ids = newMessageIds(turn.messages);
    const answerId = newId('msg');
    const now = this.#now();
    const systemPrompt = turn.systemPrompt === undefined ? storedPrompt : turn.systemPrompt;
    const total = count + turn.messages.length + 1;
    db.run(TAKE_CONVERSATION, answerId, this.#owner.id, total, turn.model, now, systemPrompt, conversationId);
    const lastId = textOrNull(rows.at(-1)?.[0]);
    const place = { ids, conversationId, owner: ownerOf(db, conversationId), turnId: answerId, now, count, lastId };
    insertTurn(db, turn, place);
    const run = this.#startRun(db, turn, { conversationId, answerId, now });
    return { conversationId, answerId, run, isNew: false, systemPrompt, history };
  }

  #startRun(
    db: Statements,
    { runFormat: format = 'chunks' }: NewTurn,
    { conversationId, answerId, now }: { conversationId: string; answerId: string; now: string },
  ): BegunTurn['run'] {
    const id = runIdOf(answerId);
    const process = this.#owner.id;
    return { id, key: insertRun(db, { id, conversationId, owner: null, userId: null, process, format, now }) };
  }

  /** No two turns of a process have the same time, by which conversations are listed. */
  #now(): string {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return toSqliteTime(new Date(this.#lastMs));
  }

  /** The process that answers may be gone while this one lives on. Throws when it is truly busy. */
  #freeFromTheDead(db: Statements, ownerId: string): void {
    if (ownerId === this.#owner.id || this.#owner.isAlive(ownerId)) {
      throw busy();
    }
    freeTurnsOf(db, ownerId);
  }
}

const busy = () => new AppError('conversation_busy', undefined, { param: 'conversation_id' });

/** The turn's messages, then the empty answer, and what is kept of its response. */
function insertTurn(db: Statements, { messages, model, response }: NewTurn, place: MessagePlace): void {
  const answerSeq = insertAnswer(db, model, insertMessages(db, messages, place));
  if (!response) return;
  const { conversationId, turnId, now } = place;
  const { idOf, inputCount, echo } = response;
  db.run(INSERT_RESPONSE, idOf(turnId), conversationId, answerSeq - inputCount, answerSeq, echo, now);
}

/** One of a few words. Every turn reads its whole history: zod would take longer for these than SQLite for the rows. */
function wordOf<Word extends string>(words: readonly Word[]): (value: unknown) => Word {
  const known = new Map<unknown, Word>(words.map((word) => [word, word]));
  return (value) => {
    const word = known.get(value);
    if (word === undefined) throw new Error(`The database says '${value}' where one of ${words.join(', ')} is to be.`);
    return word;
  };
}

const roleOf = wordOf(StoredMessage.shape.role.options);
const statusOf = wordOf(MessageStatus.options);

function toHistoryMessage(row: unknown[], pieces: readonly MediaPiece[] = []): HistoryMessage {
  const [, turnId, role, prompt, status] = row;
  const whole = joinMedia(String(prompt), pieces);
  return { turnId: String(turnId), role: roleOf(role), prompt: whole, status: statusOf(status) };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
