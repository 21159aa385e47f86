import { runIdOf } from '../canonical/ids.ts';
import { AppError } from '../errors/app-error.ts';
import { cutMedia } from './cut-media.ts';
import { dropTurn } from './drop-turn.ts';
import { endTurn } from './end-turn.ts';
import {
  type FoundConversation,
  type FoundMessage,
  findConversation,
  findMessage,
  type MessageRef,
  type Tail,
} from './find-place.ts';
import { forkPath } from './fork-path.ts';
import { readHistory } from './history.ts';
import { newId } from './ids.ts';
import { insertAnswer, insertMessages, type MessagePlace, newMessageIds } from './insert-messages.ts';
import type {
  BegunTurn,
  ConversationKey,
  EndedTurn,
  NewConversation,
  NewMessage,
  NewTurn,
  RemovedBranch,
  RewrittenMessage,
  TurnPlace,
} from './interface/conversations.ts';
import { ownerOf, replaceMedia } from './media.ts';
import type { ProcessLock } from './process-lock.ts';
import { freeTurnsOf } from './recover-turns.ts';
import { branchBelow, inProgressOf, removeBranch } from './remove-branch.ts';
import { removeMessage } from './remove-message.ts';
import { withoutNul } from './rows.ts';
import { insertRun } from './run-log.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';

const INSERT_CONVERSATION = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "title", "titleSource", "model", "systemPrompt", "messageCount",
    "activeTurnId", "activeOwner", "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_EMPTY = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "metadata", "messageCount", "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, 0, ?, ?)`;

const TAKE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = ?, "activeOwner" = ?, "messageCount" = ?, "model" = ?, "lastUsedAt" = ?,
    "systemPrompt" = ?, "headMessageId" = ?
  WHERE "id" = ?`;

/** A turn that says where it begins is nobody's lock. */
const BRANCH_CONVERSATION = `
  UPDATE "Conversation" SET "messageCount" = ?, "model" = ?, "lastUsedAt" = ?, "systemPrompt" = ?, "headMessageId" = ?
  WHERE "id" = ?`;

const LENGTHEN_CONVERSATION = `
  UPDATE "Conversation" SET "messageCount" = ?, "lastUsedAt" = ?, "headMessageId" = ? WHERE "id" = ?`;

const SET_HEAD = 'UPDATE "Conversation" SET "headMessageId" = ? WHERE "id" = ?';

const SELECT_RUNNING = 'SELECT "process" FROM "Run" WHERE "conversationId" = ? AND "process" IS NOT NULL';

const FREE_CONVERSATION = `
  UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "id" = ? AND "activeTurnId" = ?`;

const FREE_RUN = `
  UPDATE "Run" SET "status" = 'incomplete', "process" = NULL, "endedAt" = ? WHERE "id" = ? AND "process" IS NOT NULL`;

const DROP_RUN = 'DELETE FROM "Run" WHERE "id" = ?';

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

  drop(turn: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew'>): Promise<void> {
    return this.#transact((db) => dropTurn(db, turn));
  }

  /** Gives its id. */
  create({ owner, userId, metadata, messages }: NewConversation): Promise<string> {
    return this.#transact((db) => {
      const id = newId('conv');
      const now = this.#now();
      db.run(INSERT_EMPTY, id, owner, userId, metadata, now, now);
      if (messages.length > 0) this.#add(db, messages, { id, count: 0, headId: null, isLinear: true, now });
      return id;
    });
  }

  /** Messages without an answer, after the head. Gives the `seq` of the first one. */
  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return this.#transact((db) => {
      const found = this.#take(db, key);
      this.#add(db, messages, { ...found, id: key.id, now: this.#now() });
      return found.count + 1;
    });
  }

  moveHead(key: ConversationKey, messageId: string): Promise<void> {
    return this.#transact((db) => {
      const { headId, isLinear } = findConversation(db, key);
      findMessage(db, key.id, { id: messageId, param: 'head_message_id' });
      if (!isLinear || messageId !== headId) db.run(SET_HEAD, messageId, key.id);
    });
  }

  /** Gives the id of the copy. */
  fork(key: ConversationKey, messageId: string | null): Promise<string> {
    return this.#transact((db) => {
      const { headId } = findConversation(db, key);
      const lastId = messageId ?? headId;
      if (lastId !== null) this.#settle(db, key.id, { id: lastId, param: 'message_id' });
      return forkPath(db, key.id, lastId, this.#now());
    });
  }

  removeBranch(key: ConversationKey, messageId: string): Promise<RemovedBranch> {
    const { id } = key;
    return this.#transact((db) => {
      findConversation(db, key);
      const { parentId } = findMessage(db, id, { id: messageId, param: 'message_id' });
      const ids = branchBelow(db, id, messageId);
      for (const running of inProgressOf(db, ids)) this.#settle(db, id, { id: running, param: 'message_id' });
      return removeBranch(db, id, { ids, parentId });
    });
  }

  /** Null takes the message out. False when there is none of that id. */
  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean> {
    const { id } = key;
    return this.#transact((db) => {
      this.#take(db, key);
      for (const [process] of db.all(SELECT_RUNNING, id)) this.#freeFromTheDead(db, String(process));
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

  #add(db: Statements, messages: readonly NewMessage[], to: Tail & { id: string; now: string }): void {
    const { id, count, headId, isLinear, now } = to;
    const ids = newMessageIds(messages);
    const owner = ownerOf(db, id);
    insertMessages(db, messages, {
      ids,
      conversationId: id,
      owner,
      turnId: newId('add'),
      now,
      count,
      lastId: headId,
    });
    db.run(LENGTHEN_CONVERSATION, count + messages.length, now, isLinear ? null : (ids.at(-1) ?? headId), id);
  }

  /** A conversation whose head no turn is answering. */
  #take(db: Statements, key: ConversationKey): FoundConversation {
    const found = findConversation(db, key);
    if (found.activeOwner !== null) this.#freeFromTheDead(db, found.activeOwner);
    if (found.headId !== null) this.#settle(db, key.id, { id: found.headId, param: 'conversation_id' });
    return found;
  }

  /** Throws while a message is being made, unless the process that makes it is gone. */
  #settle(db: Statements, conversationId: string, ref: MessageRef): FoundMessage {
    const message = findMessage(db, conversationId, ref);
    if (message.status !== 'in_progress') return message;
    // Without a run in progress nobody makes it: the database refused its end.
    if (message.process !== null) this.#freeFromTheDead(db, message.process, ref.param);
    return message;
  }

  #start(db: Statements, turn: NewTurn): BegunTurn {
    turn.check?.([]);
    const conversationId = newId('conv');
    const ids = newMessageIds(turn.messages);
    const answerId = newId('msg');
    const now = this.#now();
    const { owner, userId, model, messages, systemPrompt = null, title = null } = turn;
    const count = messages.length + 1;
    db.run(
      INSERT_CONVERSATION,
      ...[
        conversationId,
        owner,
        userId,
        title,
        title === null ? null : 'message',
        model,
        systemPrompt,
        count,
        answerId,
        this.#owner.id,
        now,
        now,
      ],
    );
    insertTurn(db, turn, { ids, conversationId, owner, turnId: answerId, now, count: 0, lastId: null });
    const run = this.#startRun(db, turn, { conversationId, answerId, headBefore: null, now });
    return { conversationId, answerId, run, isNew: true, systemPrompt, history: [] };
  }

  #continue(db: Statements, turn: NewTurn, conversationId: string): BegunTurn {
    const key = { ...turn, id: conversationId };
    const found = turn.place ? findConversation(db, key) : this.#take(db, key);
    const { systemPrompt: storedPrompt, count, headId, isLinear } = found;
    const lastId = turn.place ? this.#parentOf(db, conversationId, turn.place) : headId;
    const isAll = isLinear && lastId === headId;
    const history = readHistory(db, { conversationId, lastId, isAll });
    turn.check?.(history);

    const ids = newMessageIds(turn.messages);
    const answerId = newId('msg');
    const now = this.#now();
    const systemPrompt = turn.systemPrompt === undefined ? storedPrompt : turn.systemPrompt;
    const head = isAll ? null : answerId;
    const change = [count + turn.messages.length + 1, turn.model, now, systemPrompt, head, conversationId];
    if (turn.place) db.run(BRANCH_CONVERSATION, ...change);
    else db.run(TAKE_CONVERSATION, answerId, this.#owner.id, ...change);
    const place = { ids, conversationId, owner: ownerOf(db, conversationId), turnId: answerId, now, count, lastId };
    insertTurn(db, turn, place);
    const headBefore = turn.place ? headId : null;
    const run = this.#startRun(db, turn, { conversationId, answerId, headBefore, now });
    return { conversationId, answerId, run, isNew: false, systemPrompt, history };
  }

  /** The message after which a branch begins. */
  #parentOf(db: Statements, conversationId: string, place: TurnPlace): string | null {
    const { param } = place;
    if ('after' in place) {
      if (place.after !== null) this.#settle(db, conversationId, { id: place.after, param });
      return place.after;
    }
    const { role, parentId } = findMessage(db, conversationId, { id: place.beside, param });
    if (role === 'assistant' && parentId !== null) return parentId;
    throw new AppError('invalid_field', 'This message is no answer to a question.', { param });
  }

  #startRun(
    db: Statements,
    { runFormat: format = 'chunks' }: NewTurn,
    begun: { conversationId: string; answerId: string; headBefore: string | null; now: string },
  ): BegunTurn['run'] {
    const { answerId, ...place } = begun;
    const id = runIdOf(answerId);
    const process = this.#owner.id;
    return { id, key: insertRun(db, { id, ...place, owner: null, userId: null, process, format }) };
  }

  /** No two turns of a process have the same time, by which conversations are listed. */
  #now(): string {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return toSqliteTime(new Date(this.#lastMs));
  }

  /** The process that answers may be gone while this one lives on. Throws when it is truly busy. */
  #freeFromTheDead(db: Statements, ownerId: string, param = 'conversation_id'): void {
    if (ownerId === this.#owner.id || this.#owner.isAlive(ownerId)) throw busy(param);
    freeTurnsOf(db, ownerId);
  }
}

const busy = (param: string) => new AppError('conversation_busy', undefined, { param });

/** The turn's messages, then the empty answer, and what is kept of its response. */
function insertTurn(db: Statements, { messages, model, response }: NewTurn, place: MessagePlace): void {
  const answerSeq = insertAnswer(db, model, insertMessages(db, messages, place));
  if (!response) return;
  const { conversationId, turnId, now } = place;
  const { idOf, inputCount, echo } = response;
  db.run(INSERT_RESPONSE, idOf(turnId), conversationId, answerSeq - inputCount, answerSeq, echo, now);
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
