import { parentPort, workerData } from 'node:worker_threads';
import { dropTurn } from '../drop-turn.ts';
import { forkPath } from '../fork-path.ts';
import { removeBranch } from '../remove-branch.ts';
import { searchPage } from '../search/search-page.ts';
import { spendByDay } from '../spend-by-day.ts';
import { isSqliteError } from '../sqlite/errors.ts';
import { listUsage } from '../usage-list.ts';
import { sumUsage } from '../usage-sums.ts';
import { measureTimes } from '../usage-times.ts';
import type { BackgroundCalls, BackgroundOptions, Call, Reply } from './calls.ts';
import { eraseUser } from './erase-user.ts';
import { fillMessages } from './fill-messages.ts';
import { memoryIn } from './hand-over.ts';
import { importConversation } from './import-conversation.ts';
import { Indexer } from './indexer.ts';
import { LogTruncation } from './log-truncation.ts';
import { MediaMover } from './move-media.ts';
import { readTexts } from './read-texts.ts';
import { removeConversation } from './remove-conversation.ts';
import { WorkerDatabase } from './worker-database.ts';

/** The operations of `BackgroundCalls`. They may be asynchronous. */
type Handlers = {
  [Name in keyof BackgroundCalls]: (
    ...input: Parameters<BackgroundCalls[Name]>
  ) => Promise<ReturnType<BackgroundCalls[Name]>>;
};

const options: BackgroundOptions = workerData;
const db = await WorkerDatabase.open(options);
const indexer = new Indexer(db);
const mover = new MediaMover(db);
const log = new LogTruncation(db);

const handlers: Handlers = {
  async search(request) {
    const isCurrent = await indexer.catchUp();
    const page = await searchPage(db.statements, request);
    return isCurrent ? page : { ...page, isLowerBound: true };
  },
  index: () => indexer.run(),
  moveMedia: () => mover.run(),
  async remove(key) {
    const removed = await db.transact((statements) => removeConversation(statements, key));
    if (removed) await log.run();
    return removed;
  },
  removeBranch: (conversationId, messageId) =>
    db.transact((statements) => removeBranch(statements, conversationId, messageId)),
  import: (conversation) => db.transact((statements) => importConversation(statements, conversation)),
  fork: (fork) => db.transact((statements) => forkPath(statements, fork)),
  async erase(owner, userId) {
    const erased = await eraseUser(db, owner, userId);
    await log.run();
    return erased;
  },
  drop: (turn) => db.transact((statements) => dropTurn(statements, turn)),
  fill: (messages) => fillMessages(db, messages),
  readTexts: async (texts) => readTexts(db.statements, texts),
  sumUsage: async (request) => sumUsage(db.statements, request),
  listUsage: async (request) => listUsage(db.statements, request),
  spendByDay: async (owner) => spendByDay(db.statements, owner),
  times: async (shape) => measureTimes(db.statements, shape),
  async forget() {
    await indexer.catchUp();
    await log.run();
  },
};

const running = new Set<Promise<void>>();

async function answer({ id, name, input }: Call): Promise<void> {
  let reply: Reply<unknown>;
  try {
    reply = { id, output: await Reflect.apply(handlers[name], undefined, input) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reply = { id, error: { message, errcode: isSqliteError(error) ? error.errcode : null } };
  }
  parentPort?.postMessage(reply, 'output' in reply ? memoryIn([reply.output]) : []);
}

/** Null: no more calls will come. */
parentPort?.on('message', (call: Call | null) => {
  if (call) {
    const task = answer(call);
    running.add(task);
    void task.then(() => running.delete(task));
    return;
  }
  indexer.stop();
  mover.stop();
  void Promise.all(running).then(() => {
    log.close();
    db.close();
    parentPort?.close();
  });
});
