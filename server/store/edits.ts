import { runIdOf } from '../canonical/ids.ts';
import { cutMedia } from './cut-media.ts';
import { findConversation, findMessage, type Tail } from './find-place.ts';
import type { Fork } from './fork-path.ts';
import { newId } from './ids.ts';
import { insertMessages, newMessageIds } from './insert-messages.ts';
import type { ConversationKey, NewConversation, RewrittenMessage } from './interface/conversations.ts';
import type { NewSummary, Summary } from './interface/summaries.ts';
import type { NewMessage } from './interface/turns.ts';
import type { KnownTexts } from './long-texts.ts';
import { inMessage, inResponse, ownerOf, replaceMedia } from './media.ts';
import type { ProcessLock } from './process-lock.ts';
import { branchBelow } from './remove-branch.ts';
import { removeMessage } from './remove-message.ts';
import { searchedText, withoutNul } from './rows.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';
import { forgetSummaries, keepSummary } from './summaries.ts';
import { freeFromTheDead, settleMessage, takeConversation } from './take-place.ts';
import type { TurnDeps } from './turns.ts';
import type { UsedClock } from './used-clock.ts';

const INSERT_EMPTY = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "metadata", "messageCount", "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, 0, ?, ?)`;

const LENGTHEN_CONVERSATION = `
  UPDATE "Conversation" SET "messageCount" = ?, "lastUsedAt" = ?, "headMessageId" = ? WHERE "id" = ?`;

const SET_HEAD = 'UPDATE "Conversation" SET "headMessageId" = ? WHERE "id" = ?';

const SELECT_RUNNING = 'SELECT "process" FROM "Run" WHERE "conversationId" = ? AND "process" IS NOT NULL';

const DROP_RUN = 'DELETE FROM "Run" WHERE "id" = ?';

const SELECT_PLACE = 'SELECT "seq", "parentId" FROM "Message" WHERE "id" = ? AND "conversationId" = ?';

const REWRITE_MESSAGE = 'UPDATE "Message" SET "prompt" = ?, "text" = ?, "reasoning" = ? WHERE "id" = ?';

const REWRITE_RESPONSE = `
  UPDATE "Response" SET "output" = ? WHERE "conversationId" = ? AND "answerSeq" = ? RETURNING "id"`;

/** Changes conversations and their messages without a turn. Each change is one transaction. */
export class Edits {
  readonly #transact: Transact;
  readonly #lock: ProcessLock;
  readonly #clock: UsedClock;

  constructor({ transact, lock, clock }: TurnDeps) {
    this.#transact = transact;
    this.#lock = lock;
    this.#clock = clock;
  }

  /** Creates a conversation and returns its id. */
  create({ owner, userId, metadata, messages }: NewConversation): Promise<string> {
    return this.#transact((db) => {
      const id = newId('conv');
      const now = this.#clock.now();
      db.run(INSERT_EMPTY, id, owner, userId, metadata, now, now);
      if (messages.length > 0) this.#add(db, messages, { id, count: 0, headId: null, isLinear: true, now });
      return id;
    });
  }

  /** Adds messages after the head, without an answer. Returns the `seq` of the first one. */
  append(key: ConversationKey, messages: readonly NewMessage[]): Promise<number> {
    return this.#transact((db) => {
      const found = takeConversation(db, this.#lock, key);
      this.#add(db, messages, { ...found, id: key.id, now: this.#clock.now() });
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

  /** Checks that the path to a message, or to the head, can be copied. */
  findFork(key: ConversationKey, messageId: string | null): Promise<Fork> {
    return this.#transact((db) => {
      const { headId } = findConversation(db, key);
      const lastId = messageId ?? headId;
      if (lastId !== null) settleMessage(db, this.#lock, key.id, { id: lastId, param: 'message_id' });
      return { from: key.id, lastId, now: this.#clock.now() };
    });
  }

  /**
   * Checks that a message and all below it can be removed. `running` are the messages that runs are making. It ends the runs
   * whose process is gone, and throws `conversation_busy` for others.
   */
  checkBranch(key: ConversationKey, messageId: string, running: readonly string[]): Promise<void> {
    return this.#transact((db) => {
      findConversation(db, key);
      findMessage(db, key.id, { id: messageId, param: 'message_id' });
      for (const id of running) settleMessage(db, this.#lock, key.id, { id, param: 'message_id' });
    });
  }

  /** Changes a message; null removes it. False when there is none of that id. */
  rewrite(key: ConversationKey, messageId: string, rewritten: RewrittenMessage | null): Promise<boolean> {
    const { id } = key;
    return this.#transact((db) => {
      const { owner } = takeConversation(db, this.#lock, key);
      for (const [process] of db.all(SELECT_RUNNING, id)) freeFromTheDead(db, this.#lock, String(process));
      const [found] = db.all(SELECT_PLACE, messageId, id);
      if (!found) return false;
      const [seq, parentId] = [Number(found[0]), textOrNull(found[1])];
      forgetSummaries(db, branchBelow(db, id, messageId));
      if (rewritten === null) {
        removeMessage(db, { conversationId: id, id: messageId, seq, parentId });
        return true;
      }
      const { text, reasoning, output } = rewritten;
      const { text: prompt, pieces } = cutMedia(rewritten.prompt);
      db.run(REWRITE_MESSAGE, prompt, searchedText(text), reasoning && withoutNul(reasoning), messageId);
      replaceMedia(db, inMessage, { id: messageId, pieces, owner });
      // Its log says what it said before.
      db.run(DROP_RUN, runIdOf(messageId));
      if (output !== null) rewriteResponse(db, output, { conversationId: id, seq, owner });
      return true;
    });
  }

  /** Throws `LongHistory`, when more of the messages' long texts must be known. */
  keepSummary(summary: NewSummary, known: KnownTexts): Promise<Summary | null> {
    return this.#transact((db) => keepSummary(db, summary, known));
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
