import { runIdOf } from '../canonical/ids.ts';
import { dropTurn } from './drop-turn.ts';
import { endTurn } from './end-turn.ts';
import { findConversation } from './find-place.ts';
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
import type { ConversationKey } from './interface/conversations.ts';
import type { BegunTurn, EndedTurn, NewTurn, TurnPlace } from './interface/turns.ts';
import type { KnownTexts } from './long-texts.ts';
import type { ProcessLock } from './process-lock.ts';
import { insertRun } from './run-log.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { toSqliteTime } from './sqlite/values.ts';
import { freeClaim, insertClaim } from './take-claim.ts';
import { findParent, takeConversation } from './take-place.ts';
import type { UsedClock } from './used-clock.ts';

const INSERT_CONVERSATION = `
  INSERT INTO "Conversation" ("id", "owner", "userId", "title", "titleSource", "model", "systemPrompt", "messageCount",
    "activeTurnId", "activeOwner", "createdAt", "lastUsedAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

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

const FREE_RUN = `
  UPDATE "Run" SET "status" = 'incomplete', "process" = NULL, "endedAt" = ? WHERE "id" = ? AND "process" IS NOT NULL`;

const INSERT_RESPONSE = `
  INSERT INTO "Response" ("id", "conversationId", "firstSeq", "answerSeq", "echo", "createdAt")
  VALUES (?, ?, ?, ?, ?, ?)`;

/**
 * A turn that has begun. The words of long messages are still to be written; nobody may be told of the turn before that.
 */
interface StartedTurn {
  readonly begun: BegunTurn;
  readonly unwritten: readonly UnwrittenMessage[];
}

export interface TurnDeps {
  readonly transact: Transact;
  readonly lock: ProcessLock;
  readonly clock: UsedClock;
}

/**
 * The turn protocol: `Conversation.activeTurnId` is set and cleared in one transaction with the messages that it
 * protects. This is the hot path of `/c1`, so it does not use Prisma. The transaction holds the database's write lock
 * from its start, so two processes are as safe as two callers in one process.
 */
export class Turns {
  readonly #transact: Transact;
  readonly #lock: ProcessLock;
  readonly #clock: UsedClock;

  constructor({ transact, lock, clock }: TurnDeps) {
    this.#transact = transact;
    this.#lock = lock;
    this.#clock = clock;
  }

  /** Throws `LongHistory`, when more of the history's long texts must be known. */
  begin(turn: NewTurn, known: KnownTexts): Promise<StartedTurn> {
    const { conversationId, claim } = turn;
    return this.#transact((db) => {
      // This comes before the conversation is looked at, because the turn that keeps it busy may be the claim's own.
      if (claim) freeClaim(db, this.#lock, claim, conversationId === null);
      const started =
        conversationId === null ? this.#start(db, turn) : this.#continue(db, turn, { conversationId, known });
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

  #start(db: Statements, turn: NewTurn): StartedTurn {
    turn.check?.([]);
    const conversationId = newId('conv');
    const ids = newMessageIds(turn.messages);
    const answerId = newId('msg');
    const now = this.#clock.now();
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
        this.#lock.id,
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

  #continue(
    db: Statements,
    turn: NewTurn,
    { conversationId, known }: { readonly conversationId: string; readonly known: KnownTexts },
  ): StartedTurn {
    const key = { ...turn, id: conversationId };
    const parent = turn.place && this.#findParent(db, key, turn.place);
    const found = parent ? findConversation(db, key) : takeConversation(db, this.#lock, key);
    const { owner, systemPrompt: storedPrompt, count, headId, isLinear } = found;
    const lastId = parent ? parent.id : headId;
    const isAll = isLinear && lastId === headId;
    const history = readHistory(db, { conversationId, lastId, isAll }, known);
    turn.check?.(history);

    const ids = newMessageIds(turn.messages);
    const answerId = newId('msg');
    const now = this.#clock.now();
    const systemPrompt = turn.systemPrompt === undefined ? storedPrompt : turn.systemPrompt;
    const head = isAll ? null : answerId;
    const change = [count + turn.messages.length + 1, turn.model, now, systemPrompt, head, conversationId];
    if (turn.place) db.run(BRANCH_CONVERSATION, ...change);
    else db.run(TAKE_CONVERSATION, answerId, this.#lock.id, ...change);
    const place = { ids, conversationId, owner, turnId: answerId, now, count, lastId };
    const unwritten = insertTurn(db, turn, place);
    const headBefore = turn.place ? headId : null;
    const run = this.#startRun(db, turn, { conversationId, answerId, headBefore, now });
    return {
      begun: { conversationId, answerId, run, createdAt: new Date(now), isNew: false, systemPrompt, history },
      unwritten,
    };
  }

  /**
   * The message after which a turn begins that names its place. Null: it begins with a first message. Turns of dead
   * processes may be gone afterwards.
   */
  #findParent(db: Statements, key: ConversationKey, place: TurnPlace): { readonly id: string | null } {
    findConversation(db, key);
    return { id: findParent(db, this.#lock, key.id, place) };
  }

  #startRun(
    db: Statements,
    { runFormat: format = 'chunks' }: NewTurn,
    begun: { conversationId: string; answerId: string; headBefore: string | null; now: string },
  ): BegunTurn['run'] {
    const { answerId, ...place } = begun;
    const id = runIdOf(answerId);
    const process = this.#lock.id;
    return { id, key: insertRun(db, { id, ...place, owner: null, userId: null, process, format }) };
  }
}

/**
 * Inserts the turn's messages, then the empty answer, and what is stored of its response. Returns the messages whose
 * words are still to be written.
 */
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
