import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backUp, refuseForeign, restore } from '../../server/store/copy-database.ts';
import { loadDriver } from '../../server/store/sqlite/driver.ts';
import { type Gateway, root, startGateway } from '../support/start-gateway.ts';
import { startScripted } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';

let gateway: Gateway;
const folder = mkdtempSync(join(tmpdir(), 'duplex-copies-'));
const path = () => join(gateway.dataDir, 'duplex.db');

const say = async (message: string) => {
  const response = await gateway.call('POST', '/c1/chat', { model: 'scripted', message });
  expect(response.status).toBe(200);
};

beforeAll(async () => {
  gateway = await startScripted();
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a backup that is taken while turns are written holds every one that was acknowledged before', async () => {
  await say('first');
  const writing = Promise.all(['second', 'third', 'fourth'].map(say));
  const contents = await backUp(path(), join(folder, 'a.db'));
  await writing;
  expect(contents.conversations).toBeGreaterThanOrEqual(1);
  expect(contents.messages).toBeGreaterThanOrEqual(2);
  const later = await backUp(path(), join(folder, 'b.db'));
  expect(later).toMatchObject({ conversations: 4, messages: 8 });
  expect(statSync(join(folder, 'b.db')).mode & 0o777).toBe(0o600);
});

test('an existing file is not overwritten', async () => {
  writeFileSync(join(folder, 'mine.txt'), 'precious');
  await expect(backUp(path(), join(folder, 'mine.txt'))).rejects.toThrow('exists already');
  expect(readFileSync(join(folder, 'mine.txt'), 'utf8')).toBe('precious');
});

test('a backup that cannot be written leaves nothing behind', async () => {
  await expect(backUp(path(), join(folder, 'nowhere/c.db'))).rejects.toThrow(
    `There is no folder ${join(folder, 'nowhere')}. Name a file in another folder.`,
  );
  expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
});

test('a restore is refused while a gateway uses the database', async () => {
  await expect(restore(join(folder, 'b.db'), path(), new Date())).rejects.toThrow('Stop it first');
});

test('a restored database is used at the next start, and the one before is kept', async () => {
  const home = tempFolder();
  const target = join(home, 'duplex.db');
  expect(await restore(join(folder, 'a.db'), target, new Date())).toMatchObject({ replaced: null });
  const { replaced, contents } = await restore(join(folder, 'b.db'), target, new Date());
  expect(contents.messages).toBe(8);
  expect(replaced !== null && existsSync(replaced)).toBe(true);
  const restored = await startGateway({ env: { DATABASE_URL: `file:${target}` } });
  const { items } = await (await restored.call('GET', '/c1/conversations')).json();
  await restored.close();
  expect(items).toHaveLength(4);
});

test('a backup is restored on a machine that has no data folder yet', async () => {
  const target = join(tempFolder(), 'srv/data/duplex.db');
  expect((await restore(join(folder, 'b.db'), target, new Date())).contents.messages).toBe(8);
  expect(statSync(join(target, '..')).mode & 0o777).toBe(0o700);
});

test('a folder that cannot be made is named with what to do', async () => {
  const file = join(tempFolder(), 'file');
  writeFileSync(file, '');
  const target = join(file, 'data/duplex.db');
  await expect(restore(join(folder, 'b.db'), target, new Date())).rejects.toThrow(
    `DATABASE_URL: ${target} cannot be used: ENOTDIR: not a directory. Set DATABASE_URL to a file`,
  );
});

test.each([
  ['damaged', (bytes: Buffer) => bytes.fill(0xff, 4096, 12_288)],
  ['no database', () => Buffer.from('Hello.')],
])('a backup that is %s changes nothing', async (_what, spoil) => {
  const home = tempFolder();
  const target = join(home, 'duplex.db');
  await restore(join(folder, 'b.db'), target, new Date());
  const whole = readFileSync(target);
  const spoiled = join(home, 'spoiled.db');
  writeFileSync(spoiled, spoil(Buffer.from(whole)));
  await expect(restore(spoiled, target, new Date())).rejects.toThrow(/damaged|not a database/);
  expect(readFileSync(target).equals(whole)).toBe(true);
  expect(readdirSync(home).toSorted()).toEqual(['duplex.db', 'spoiled.db']);
});

describe('a backup is refused before anything is done with it', () => {
  const migrationsDir = join(root, 'prisma/migrations');

  /** A copy of a sound backup that somebody has worked on. */
  async function spoil(sql: string): Promise<string> {
    const file = join(tempFolder(), 'backup.db');
    await backUp(path(), file);
    const DatabaseSync = await loadDriver();
    const db = new DatabaseSync(file, { timeout: 5_000 });
    db.exec(sql);
    db.close();
    return file;
  }

  test('unless it is one of this version', async () => {
    await expect(refuseForeign(await spoil('SELECT 1'), migrationsDir)).resolves.toBeUndefined();
  });

  test.each([
    ['a trigger', 'CREATE TRIGGER "t" AFTER INSERT ON "Message" BEGIN DELETE FROM "ApiKey"; END', /trigger "t"/],
    [
      'a trigger on the table of migrations',
      'CREATE TRIGGER "m" AFTER INSERT ON "_prisma_migrations" BEGIN DELETE FROM "ApiKey"; END',
      /trigger "m"/,
    ],
    ['a view', 'CREATE VIEW "v" AS SELECT 1', /view "v"/],
    ['another table', 'CREATE TABLE "x" ("a")', /table "x"/],
    ['a column more', 'ALTER TABLE "ApiKey" ADD COLUMN "more" TEXT', /table "ApiKey"/],
    ['a table less', 'DROP TABLE "IdempotencyKey"', /"IdempotencyKey"/],
    ['a later migration', `UPDATE "_prisma_migrations" SET "migration_name" = '9999_later' WHERE rowid = 1`, /newer/],
    ['no history', 'DROP TABLE "_prisma_migrations"', /is not a backup/],
  ])('with %s', async (_what, sql, reason) => {
    await expect(refuseForeign(await spoil(sql), migrationsDir)).rejects.toThrow(reason);
  });

  test('with a trigger that has a name of SQLite', async () => {
    const file = await spoil('CREATE TRIGGER "mysqls_t" AFTER INSERT ON "Message" BEGIN DELETE FROM "ApiKey"; END');
    const text = readFileSync(file, 'latin1').replaceAll('mysqls_t', 'sqlite_t');
    writeFileSync(file, Buffer.from(text, 'latin1'));
    await expect(refuseForeign(file, migrationsDir)).rejects.toThrow(/trigger "sqlite_t"/);
  });

  test.each(['/dev/zero', tmpdir(), '/nowhere/at/all'])('as %s', async (file) => {
    await expect(refuseForeign(file, migrationsDir)).rejects.toThrow(/is not a file|no file/);
  });

  test('as a text', async () => {
    const file = join(tempFolder(), 'text');
    writeFileSync(file, 'Dear diary');
    await expect(refuseForeign(file, migrationsDir)).rejects.toThrow('is not a backup');
  });
});
