import { closeSync, openSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder } from '../disk/make-folder.ts';
import { ApiKeys } from './api-keys.ts';
import { Audit } from './audit.ts';
import { Background } from './background/background.ts';
import { hasMediaToMove } from './background/move-media.ts';
import { checkFile } from './check-file.ts';
import { Claims } from './claims.ts';
import { Conversations } from './conversations.ts';
import { Edits } from './edits.ts';
import { useDatabase } from './failures.ts';
import { PrismaClient } from './generated/client.ts';
import type { Store } from './interface/store.ts';
import { readKeyUse } from './key-use.ts';
import { migrate } from './migrate.ts';
import { ProcessLock } from './process-lock.ts';
import { recoverDead } from './recover-dead.ts';
import { Responses } from './responses.ts';
import { Runs } from './runs.ts';
import { hasPendingMessages } from './search/index-messages.ts';
import { Secrets } from './secrets.ts';
import { SentAlerts } from './sent-alerts.ts';
import { SqliteAdapterFactory, type Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';
import { StoreError } from './store-error.ts';
import { toStoreError } from './to-store-error.ts';
import { Turns } from './turns.ts';
import { UsageWriter } from './usage.ts';
import { compactUsage } from './usage-compaction.ts';
import { UsedClock } from './used-clock.ts';
import { UserBudgets } from './user-budgets.ts';
import { Wallets } from './wallets.ts';

export interface StoreOptions {
  /** `file:` and a path, such as `file:./data/duplex.db`. */
  readonly url: string;
  /** The folder of the migrations, `prisma/migrations`. */
  readonly migrationsDir: string;
  /** FULL makes each commit survive a power cut, at the price of an fsync on the event loop. Default NORMAL. */
  readonly synchronous?: 'NORMAL' | 'FULL';
  /** How long a call waits while another process writes, in ms. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /** Receives failures that no caller waits for: usage rows, charges and ends of turns that could not be written. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Opens the database: it creates the folder (readable by its owner alone), applies missing migrations, ends the turns
 * of processes that were killed, and releases their reservations. Rejects when any of this fails.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const path = pathOf(options.url);
  try {
    return await open(createFile(path), options);
  } catch (error) {
    throw toStoreError(error, path);
  }
}

async function open(path: string, options: StoreOptions): Promise<Store> {
  await checkFile(path);
  await migrate(path, options.migrationsDir);
  const database = await connect(path, options);
  try {
    return await recover(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The connections to a database, and the lock that shows that this process uses it. */
interface OpenDatabase {
  readonly lock: ProcessLock;
  readonly db: PrismaClient;
  readonly transact: Transact;
  /** The thread that searches, indexes and deletes. */
  readonly background: Background;
  /** The thread that writes long messages. */
  readonly writer: Background;
  readonly onError: (error: unknown) => void;
  close(): Promise<void>;
}

async function connect(path: string, options: StoreOptions): Promise<OpenDatabase> {
  const { synchronous = 'NORMAL', busyTimeoutMs = 5_000, onError = () => {} } = options;
  const lock = await ProcessLock.claim(path);
  const adapter = new SqliteAdapterFactory({ path, synchronous, busyTimeoutMs });
  const db = new PrismaClient({
    adapter,
    errorFormat: 'minimal',
    // Longer than the time-out of the adapter, whose error says more.
    transactionOptions: { maxWait: busyTimeoutMs + 5_000, timeout: busyTimeoutMs + 10_000 },
  });
  const background = new Background({ path, synchronous, busyTimeoutMs }, onError);
  const writer = new Background({ path, synchronous, busyTimeoutMs }, onError);
  return {
    lock,
    db,
    transact: (work) => adapter.transact(work),
    background,
    writer,
    onError,
    async close() {
      await writer.close();
      await background.close();
      await db.$disconnect();
      lock.release();
    },
  };
}

/** Ends what dead processes left in progress, and opens the parts that read the database first. */
async function recover(database: OpenDatabase): Promise<Store> {
  const { lock, db, transact, background, onError } = database;
  const usage = new UsageWriter(transact, { onError });
  const flush = () => usage.flush();
  const userBudgets = new UserBudgets({ db, flush, onError });
  const wallets = new Wallets({ db, transact, lock, budgets: userBudgets, flush, background });
  await db.$connect();
  await recoverDead({ db, transact, lock, wallets });
  if (await transact(hasPendingMessages)) background.indexSoon();
  if (await transact(hasMediaToMove)) background.call('moveMedia').catch(onError);
  await userBudgets.open();
  return toStore(database, { usage, userBudgets, wallets });
}

interface Money {
  readonly usage: UsageWriter;
  readonly userBudgets: UserBudgets;
  readonly wallets: Wallets;
}

function toStore(database: OpenDatabase, { usage, userBudgets, wallets }: Money): Store {
  const { lock, db, transact, background, writer, onError } = database;
  const changing = { transact, lock, clock: new UsedClock() };
  const turns = new Turns(changing);
  const edits = new Edits(changing);
  const conversations = new Conversations({ db, turns, edits, background, writer, onError });
  const runs = new Runs({ db, transact, lock });
  const claims = new Claims({ transact, lock, runs, onError });
  return {
    conversations,
    responses: new Responses(db, background),
    runs,
    claims,
    usage: {
      record: (row, settlement) => usage.record(row, settlement),
      flush: () => usage.flush(),
      sum: (filter, shape) => useDatabase(() => background.call('sumUsage', { filter, ...shape })),
      list: (filter, page) => useDatabase(() => background.call('listUsage', { filter, ...page })),
      times: (shape) => useDatabase(() => background.call('times', shape)),
      ofKeys: (ids, now) => readKeyUse(db, ids, now),
      compact: (day) => compactUsage(transact, day),
    },
    keys: new ApiKeys(db),
    wallets,
    userBudgets,
    audit: new Audit(db),
    secrets: new Secrets(db),
    sentAlerts: new SentAlerts(db),
    recover: () => recoverDead({ db, transact, lock, wallets }),
    ping: () => useDatabase(() => transact(touch)),
    close: async () => {
      await conversations.close();
      await userBudgets.close();
      await claims.close();
      await usage.close();
      await writer.close();
      await background.close();
      // Empties the write-ahead log, so that the single file, copied while nothing runs, holds everything.
      await db.$queryRaw`PRAGMA wal_checkpoint(TRUNCATE)`.catch(onError);
      await database.close();
    },
  };
}

/** Reads a table and writes a page, because only a commit notices that the disk is full. Nobody reads the number. */
function touch(db: Statements): void {
  db.all('SELECT 1 FROM "Conversation" LIMIT 1');
  db.run('PRAGMA user_version = 1');
}

/**
 * Creates the file and returns its real path. Processes that reach it through different links must find each other's
 * lock files beside it.
 */
function createFile(path: string): string {
  makeFolder(dirname(path));
  // SQLite gives the files beside this one the same mode.
  closeSync(openSync(path, 'a', 0o600));
  return realpathSync(path);
}

function pathOf(url: string): string {
  const path = /^file:(?:\/\/(?=\/))?([^?]+)$/.exec(url)?.[1];
  if (!path) throw new StoreError(`the database URL must be file: and a path, not ${url.replace(/:.*/s, ':…')}`);
  return resolve(path);
}
