import { runIdOf } from '../canonical/ids.ts';
import { cutMedia } from './cut-media.ts';
import { dropTurn } from './drop-turn.ts';
import { endTurn } from './end-turn.ts';
import { findConversation, findMessage, type Tail } from './find-place.ts';
import { forkPath } from './fork-path.ts';
import { freeConversation } from './free-conversation.ts';
import { readHistory } from './history.ts';
import { newId } from './ids.ts';
import {
  areLong,
  insertAnswer,
  insertMessages,
  insertUnwritten,
  type MessagePlace,
  newMessageIds,
  type UnwrittenMessage,
} from './insert-messages.ts';
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
import { inMessage, inResponse, ownerOf, replaceMedia } from './media.ts';
import type { ProcessLock } from './process-lock.ts';
import { branchBelow, inProgressOf, removeBranch } from './remove-branch.ts';
import { removeMessage } from './remove-message.ts';
import { searchedText, withoutNul } from './rows.ts';
import { insertRun } from './run-log.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull, toSqliteTime } from './sqlite/values.ts';
import { freeClaim, insertClaim } from './take-claim.ts';
import { findParent, freeFromTheDead, settleMessage, takeConversation } from './take-place.ts';

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

/**
 * Marks a conversation as used by a turn that names the message it follows. Such a turn does not lock the conversation.
 */
const BRANCH_CONVERSATION = `
  UPDATE "Conversation" SET "messageCount" = ?, "model" = ?, "lastUsedAt" = ?, "systemPrompt" = ?, "headMessageId" = ?
  WHERE "id" = ?`;

const LENGTHEN_CONVERSATION = `
  UPDATE "Conversation" SET "messageCount" = ?, "lastUsedAt" = ?, "headMessageId" = ? WHERE "id" = ?`;

const SET_HEAD = 'UPDATE "Conversation" SET "headMessageId" = ? WHERE "id" = ?';

const SELECT_RUNNING = 'SELECT "process" FROM "Run" WHERE "conversationId" = ? AND "process" IS NOT NULL';

const FREE_RUN = `
  UPDATE "Run" SET "status" = 'incomplete', "process" = NULL, "endedAt" = ? WHERE "id" = ? AND "process" IS NOT NULL`;

const DROP_RUN = 'DELETE FROM "Run" WHERE "id" = ?';

const INSERT_RESPONSE = `
  INSERT INTO "Response" ("id", "conversationId", "firstSeq", "answerSeq", "echo", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?)`;

const SELECT_PLACE = 'SELECT "seq", "parentId" FROM "Message" WHERE "id" = ? AND "conversationId" = ?';

const REWRITE_MESSAGE = 'UPDATE "Message" SET "prompt" = ?, "text" = ?, "reasoning" = ? WHERE "id" = ?';

const REWRITE_RESPONSE = `
  UPDATE "Response" SET "output" = ? WHERE "conversationId" = ? AND "answerSeq" = ? RETURNING "id"`;

/** A turn that has begun but for the words of its messages, when they are long: without them it is not to be told of. */
interface StartedTurn {
  readonly begun: BegunTurn;
  readonly unwritten: readonly UnwrittenMessage[];
}

/**
 * The turn protocol: `Conversation.activeTurnId` is set and cleared in one transaction with the messages that it
 * protects. This is the hot path of `/c1`, so it does not use Prisma. The transaction holds the database's write lock
 * from its start, so two processes are as safe as two callers in one process.
 */
export class Turns {
  readonly #transact: Transact;
  readonly #owner: ProcessLock;
  #lastMs = 0;

  constructor(transact: Transact, owner: ProcessLock) {
    this.#transact = transact;
    this.#owner = owner;
  }

  begin(turn: NewTurn): Promise<StartedTurn> {
    const { conversationId, claim } = turn;
    return this.#transact((db) => {
      // Before the conversation is looked at: a retry is the turn that keeps it busy.
      if (claim) freeClaim(db, this.#owner, claim, conversationId === null);
      const started = conversationId === null ? this.#start(db, turn) : this.#continue(db, turn, conversationId);
      if (claim) insertClaim(db, claim, started.begun.run.key, toSqliteTime(new Date()));
      return started;
    });
  }

  end(turn: EndedTurn): Promise<void> {
    return this.#transact((db) => endTurn(db, turn));
  }

  /** Frees the conversation, and changes nothing else. */
  free({ conversationId, answerId }: Pick<EndedTurn, 'conversationId' | 'answerId'>): Promise<void> {
    return this.#transact((db) => {
      freeConversation(db, conversationId, answerId);
      db.run(FREE_RUN, toSqliteTime(new Date()), runIdOf(answerId));
    });
  }

  drop(turn: Pick<BegunTurn, 'conversationId' | 'answerId' | 'isNew'>): Promise<void> {
    return this.#transact((db) => dropTurn(db, turn));
  }

  /** Creates a conversation and returns its id. */
  create({ owner, userId, metadata, messages }: NewConversation): Promise<string> {
    return this.#transact((db) => {
      const id = newId('conv');
      const now = this.#now();
      db.run(INSERT_EMPTY, id, owner, userId, metadata, now, now);
      if (messages.length > 0) this.#add(db, messages, { id, count: 0, headId: null, isLinear: true, now });
      return id;
    });
  }

  /** Adds messages after the head, without an answer. Returns the `seq` of the first one. */
  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return this.#transact((db) => {
      const found = takeConversation(db, this.#owner, key);
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

  /** Copies a path and returns the id of the new conversation. */
  fork(key: ConversationKey, messageId: string | null): Promise<string> {
    return this.#transact((db) => {
      const { headId } = findConversation(db, key);
      const lastId = messageId ?? headId;
      if (lastId !== null) settleMessage(db, this.#owner, key.id, { id: lastId, param: 'message_id' });
      return forkPath(db, key.id, lastId, this.#now());
    });
  }

  removeBranch(key: ConversationKey, messageId: string): Promise<RemovedBranch> {
    const { id } = key;
    return this.#transact((db) => {
      findConversation(db, key);
      const { parentId } = findMessage(db, id, { id: messageId, param: 'message_id' });
      const ids = branchBelow(db, id, messageId);
      for (const running of inProgressOf(db, ids))
        settleMessage(db, this.#owner, id, { id: running, param: 'message_id' });
      return removeBranch(db, id, { ids, parentId });
    });
  }

  /** Changes a message; null removes it. False when there is none of that id. */
  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean> {
    const { id } = key;
    return this.#transact((db) => {
      takeConversation(db, this.#owner, key);
      for (const [process] of db.all(SELECT_RUNNING, id)) freeFromTheDead(db, this.#owner, String(process));
      const [found] = db.all(SELECT_PLACE, messageId, id);
      if (!found) return false;
      const [seq, parentId] = [Number(found[0]), textOrNull(found[1])];
      if (rewritten === null) {
        removeMessage(db, { conversationId: id, id: messageId, seq, parentId });
        return true;
      }
      const { text, reasoning, output } = rewritten;
      const owner = ownerOf(db, id);
      const { text: prompt, pieces } = cutMedia(rewritten.prompt);
      db.run(REWRITE_MESSAGE, prompt, searchedText(text), reasoning && withoutNul(reasoning), messageId);
      replaceMedia(db, inMessage, { id: messageId, pieces, owner });
      // Its log says what it said before.
      db.run(DROP_RUN, runIdOf(messageId));
      if (output !== null) rewriteResponse(db, output, { conversationId: id, seq, owner });
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

  #start(db: Statements, turn: NewTurn): StartedTurn {
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
    const place = { ids, conversationId, owner, turnId: answerId, now, count: 0, lastId: null };
    const unwritten = insertTurn(db, turn, place);
    const run = this.#startRun(db, turn, { conversationId, answerId, headBefore: null, now });
    return {
      begun: { conversationId, answerId, run, createdAt: new Date(now), isNew: true, systemPrompt, history: [] },
      unwritten,
    };
  }

  #continue(db: Statements, turn: NewTurn, conversationId: string): StartedTurn {
    const key = { ...turn, id: conversationId };
    const parent = turn.place && this.#findParent(db, key, turn.place);
    const found = parent ? findConversation(db, key) : takeConversation(db, this.#owner, key);
    const { systemPrompt: storedPrompt, count, headId, isLinear } = found;
    const lastId = parent ? parent.id : headId;
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
    const unwritten = insertTurn(db, turn, place);
    const headBefore = turn.place ? headId : null;
    const run = this.#startRun(db, turn, { conversationId, answerId, headBefore, now });
    return {
      begun: { conversationId, answerId, run, createdAt: new Date(now), isNew: false, systemPrompt, history },
      unwritten,
    };
  }

  /** Where a turn begins that says so; null: with a first message. Turns of dead processes may be gone afterwards. */
  #findParent(db: Statements, key: ConversationKey, place: TurnPlace): { readonly id: string | null } {
    findConversation(db, key);
    return { id: findParent(db, this.#owner, key.id, place) };
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

  /** The time now. No two turns of a process get the same time, because conversations are sorted by it. */
  #now(): string {
    this.#lastMs = Math.max(Date.now(), this.#lastMs + 1);
    return toSqliteTime(new Date(this.#lastMs));
  }
}

/** The output of the response whose answer is the message of that `seq`. */
function rewriteResponse(
  db: Statements,
  whole: string,
  {
    conversationId,
    seq,
    owner,
  }: { readonly conversationId: string; readonly seq: number; readonly owner: string | null },
): void {
  const { text, pieces } = cutMedia(whole);
  const [rewritten] = db.all(REWRITE_RESPONSE, text, conversationId, seq);
  if (rewritten) replaceMedia(db, inResponse, { id: String(rewritten[0]), pieces, owner });
}

/** The turn's messages, then the empty answer, and what is kept of its response. Gives the messages whose words are to follow. */
function insertTurn(db: Statements, turn: NewTurn, place: MessagePlace): readonly UnwrittenMessage[] {
  const { messages, model, response } = turn;
  const { after, unwritten } = areLong(messages)
    ? insertUnwritten(db, messages, place)
    : { after: insertMessages(db, messages, place), unwritten: [] };
  const answerSeq = insertAnswer(db, model, after);
  if (response) insertResponse(db, response, { ...place, answerSeq });
  return unwritten;
}

function insertResponse(
  db: Statements,
  response: NonNullable<NewTurn['response']>,
  { conversationId, turnId, now, answerSeq }: MessagePlace & { readonly answerSeq: number },
): void {
  const { idOf, inputCount, echo } = response;
  db.run(INSERT_RESPONSE, idOf(turnId), conversationId, answerSeq - inputCount, answerSeq, echo, now);
}
