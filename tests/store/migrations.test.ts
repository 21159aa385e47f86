import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openSchemaEngine } from '../../prisma/schema-engine.mjs';
import { migrate } from '../../server/store/migrate.ts';
import { SqliteAdapterFactory } from '../../server/store/sqlite/adapter.ts';
import { startScripted } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { migrationsDir, openRaw, query, spawnChild } from './support.ts';

const names = readdirSync(migrationsDir)
  .filter((name) => !name.endsWith('.toml'))
  .sort();

function copyOfMigrations(): string {
  const copy = `${tempFolder()}/migrations`;
  cpSync(migrationsDir, copy, { recursive: true });
  return copy;
}

describe('migrations', () => {
  test('leave the titles of an older database to their users', async () => {
    const folder = tempFolder();
    const old = copyOfMigrations();
    for (const name of names.filter((name) => name >= '20261129060000')) rmSync(`${old}/${name}`, { recursive: true });
    await migrate(`${folder}/test.db`, old);
    const before = await openRaw(folder);
    query(
      before,
      `INSERT INTO "Conversation" ("id", "title", "createdAt", "lastUsedAt") VALUES
        ('conv_1', 'Old', '2026-11-21T00:00:00.000+00:00', '2026-11-21T00:00:00.000+00:00'),
        ('conv_2', NULL, '2026-11-22T00:00:00.000+00:00', '2026-11-22T00:00:00.000+00:00')`,
    );
    before.close();
    const gateway = await startScripted({ env: { DATABASE_URL: `file:${folder}/test.db` } });
    try {
      const { items } = await (await gateway.call('GET', '/c1/conversations')).json();
      expect(items).toMatchObject([
        { id: 'conv_2', title: null, title_source: null },
        { id: 'conv_1', title: 'Old', title_source: 'user' },
      ]);
    } finally {
      await gateway.close();
    }
  });

  test('are applied to a fresh database in order, and only once', async () => {
    const folder = tempFolder();
    expect(await migrate(`${folder}/test.db`, migrationsDir)).toEqual(names);
    expect(await migrate(`${folder}/test.db`, migrationsDir)).toEqual([]);
  });

  test('that were edited after they were applied are refused', async () => {
    const folder = tempFolder();
    const copy = copyOfMigrations();
    await migrate(`${folder}/test.db`, copy);
    appendFileSync(`${copy}/${names[0]}/migration.sql`, '-- a harmless comment\n');
    await expect(migrate(`${folder}/test.db`, copy)).rejects.toThrow(`${names[0]} was edited`);
  });

  test('of a newer version are refused by an older one', async () => {
    const folder = tempFolder();
    const copy = copyOfMigrations();
    await migrate(`${folder}/test.db`, migrationsDir);
    rmSync(`${copy}/${names.at(-1)}`, { recursive: true });
    await expect(migrate(`${folder}/test.db`, copy)).rejects.toThrow('does not know; is it newer?');
  });

  test('that fail leave the database as it was', async () => {
    const folder = tempFolder();
    const copy = copyOfMigrations();
    mkdirSync(`${copy}/99990101000000_bad`);
    writeFileSync(`${copy}/99990101000000_bad/migration.sql`, 'CREATE TABLE "Half" ("id" TEXT); SELECT nonsense;');
    await expect(migrate(`${folder}/test.db`, copy)).rejects.toThrow('nonsense');
    const db = await openRaw(folder);
    expect(query(db, 'SELECT "name" FROM sqlite_schema')).toEqual([]);
    db.close();
    expect(await migrate(`${folder}/test.db`, migrationsDir)).toEqual(names);
  });

  test('are applied by one of four processes that start at once', async () => {
    const folder = tempFolder();
    const migrators = [1, 2, 3, 4].map(() => spawnChild('migrator', `${folder}/test.db`, migrationsDir));
    for (const migrator of migrators) expect(await migrator.line()).toBe('ready');
    for (const migrator of migrators) migrator.say('go');
    const applied = await Promise.all(migrators.map((migrator) => migrator.line()));
    expect(applied.sort()).toEqual(['0', '0', '0', String(names.length)]);
  });

  test("leave Prisma's own engine nothing to apply and nothing to complain of", async () => {
    const folder = tempFolder();
    const path = `${folder}/test.db`;
    await migrate(path, migrationsDir);
    const factory = new SqliteAdapterFactory({ path, synchronous: 'NORMAL', busyTimeoutMs: 1_000 });
    const engine = await openSchemaEngine({
      provider: factory.provider,
      adapterName: factory.adapterName,
      connect: () => factory.connect(),
      connectToShadowDb: () => factory.connect(),
    });
    const read = (file: string) => ({ tag: 'ok' as const, value: readFileSync(`${migrationsDir}/${file}`, 'utf8') });
    const request = {
      migrationsList: {
        baseDir: migrationsDir,
        lockfile: { path: 'migration_lock.toml', content: read('migration_lock.toml').value },
        shadowDbInitScript: '',
        migrationDirectories: names.map((name) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: read(`${name}/migration.sql`) },
        })),
      },
      filters: { externalTables: [], externalEnums: [] },
    };
    expect(await engine.diagnoseMigrationHistory({ ...request, optInToShadowDatabase: false })).toMatchObject({
      editedMigrationNames: [],
      failedMigrationNames: [],
      hasMigrationsTable: true,
      history: null,
    });
    expect(await engine.applyMigrations(request)).toEqual({ appliedMigrationNames: [] });
  });
});
