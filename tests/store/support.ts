import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, vi } from 'vitest';
import type { Store } from '../../server/store/interface/store.ts';
import type { BegunTurn, EndedTurn, NewMessage, NewTurn } from '../../server/store/interface/turns.ts';
import { openStore, type StoreOptions } from '../../server/store/open-store.ts';
import { foldText } from '../../server/store/search/fold-text.ts';
import { addStored, emptyMembers, placesOf, SEGMENT_SIZE, segmentOf } from '../../server/store/search/members.ts';
import { type Database, loadDriver } from '../../server/store/sqlite/driver.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { bundleChildren } from './bundle-children.ts';

export const migrationsDir = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

export function openTestStore(folder: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return openStore({ url: `file:${folder}/test.db`, migrationsDir, ...options });
}

/** An open store on a fresh database, closed when the test ends. */
export async function freshStore(options: Partial<StoreOptions> = {}): Promise<{ store: Store; folder: string }> {
  const folder = tempFolder();
  const store = await openTestStore(folder, options);
  onTestFinished(() => store.close());
  return { store, folder };
}

/** A connection of SQLite's own, past the store. */
export async function openRaw(folder: string, file = 'test.db'): Promise<Database> {
  const DatabaseSync = await loadDriver();
  return new DatabaseSync(`${folder}/${file}`, { timeout: 5_000 });
}

/** Rows as arrays. */
export function query(db: Database, sql: string): unknown[][] {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement.all().filter(Array.isArray);
}

/** Every word that the search index has to hold, and every one that it holds, as `segment term place`. */
function indexedWords(db: Database): { expected: string[]; found: string[] } {
  const expected = query(db, 'SELECT "key", "text" FROM "Message"').flatMap(([key, text]) =>
    [...new Set(foldText(String(text)).split(' '))]
      .filter((word) => word !== '')
      .map((word) => `${segmentOf(Number(key))} ${word} ${Number(key) % SEGMENT_SIZE}`),
  );
  const found = query(db, 'SELECT "segment", "term", "members" FROM "SearchPosting"').flatMap(
    ([segment, term, stored]) => {
      const members = emptyMembers();
      addStored(members, stored);
      // Those that begin with a control character are no words: they say where the message belongs.
      return String(term) < ' ' ? [] : placesOf(members).map((place) => `${segment} ${term} ${place}`);
    },
  );
  return { expected: expected.sort(), found: found.sort() };
}

/** Resolves when the search knows of everything that was written. */
export async function settleSearch(store: Store): Promise<void> {
  const request = { owner: null, userId: null, limit: 1, offset: 0, query: 'settled' };
  await vi.waitFor(async () => expect((await store.conversations.list(request)).isLowerBound).toBe(false), 60_000);
}

/** Throws when the search index does not hold exactly the messages' words. */
export function checkSearchIndex(db: Database): void {
  expect(query(db, 'SELECT * FROM "SearchQueue"')).toEqual([]);
  const { expected, found } = indexedWords(db);
  expect(found).toEqual(expected);
  const words = query(db, 'SELECT count(*) FROM "MessageWords" WHERE "key" NOT IN (SELECT "key" FROM "Message")');
  expect(words).toEqual([[0]]);
}

export function userMessage(text: string): NewMessage {
  return { role: 'user', prompt: JSON.stringify({ role: 'user', content: text }), text };
}

export function newTurn(text: string, fields: Partial<NewTurn> = {}): NewTurn {
  return { conversationId: null, owner: null, userId: null, model: 'small', messages: [userMessage(text)], ...fields };
}

export function answerTo(turn: BegunTurn, text: string, fields: Partial<EndedTurn> = {}): EndedTurn {
  return {
    conversationId: turn.conversationId,
    answerId: turn.answerId,
    status: 'completed',
    prompt: JSON.stringify({ role: 'assistant', content: text }),
    text,
    reasoning: null,
    finishReason: 'stop',
    usage: null,
    ...fields,
  };
}

/** A whole turn; returns its conversation. */
export async function talk(store: Store, text: string, answer: string, fields?: Partial<NewTurn>): Promise<string> {
  const turn = await store.conversations.beginTurn(newTurn(text, fields));
  await store.conversations.endTurn(answerTo(turn, answer));
  return turn.conversationId;
}

export interface Child {
  readonly process: ChildProcess;
  /** The next line it prints; undefined when it has ended. */
  line(): Promise<string | undefined>;
  say(line: string): void;
  kill(): Promise<void>;
}

/** Runs a file of `children/` in a process of its own. */
export function spawnChild(name: string, ...args: string[]): Child {
  const file = join(bundleChildren(), `${name}.js`);
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  onTestFinished(kill);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => {
      const next = await lines.next();
      return next.done ? undefined : next.value;
    },
    say: (line) => child.stdin.write(`${line}\n`),
    kill,
  };
}
