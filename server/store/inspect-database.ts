import { existsSync } from 'node:fs';
import { checkedHistory, readMigrations } from './migrate.ts';
import { loadDriver } from './sqlite/driver.ts';

interface InspectedDatabase {
  /** How many migrations the next start will apply. */
  readonly missing: number;
}

/**
 * Reads a whole database without changing it, also while a gateway uses it. Null: there is none yet. Throws the fault
 * that would keep the gateway from starting or from answering.
 */
export async function inspectDatabase(path: string, migrationsDir: string): Promise<InspectedDatabase | null> {
  if (!existsSync(path)) return null;
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(path, { timeout: 5_000 });
  try {
    const rows = (sql: string): unknown[] => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      return statement.all().flat();
    };
    const [verdict] = rows('PRAGMA quick_check(1)');
    if (verdict !== 'ok')
      throw new Error(`the file is damaged (${String(verdict).split('\n').join(' ').slice(0, 200)})`);
    const known = readMigrations(migrationsDir);
    const hasHistory = rows(`SELECT 1 FROM sqlite_master WHERE name = '_prisma_migrations'`).length > 0;
    if (!hasHistory && rows('SELECT 1 FROM sqlite_master').length > 0)
      throw new Error('it is a database of something else');
    return { missing: known.length - (hasHistory ? checkedHistory(db, known).size : 0) };
  } finally {
    db.close();
  }
}
