import { statSync } from 'node:fs';
import { loadDriver } from './sqlite/driver.ts';
import { StoreError } from './store-error.ts';

/** A larger database is not checked, in bytes: reading 54 MB took 0.7 s of every start. */
const MOST = 8 * 1024 * 1024;

/** Throws when the file is damaged. SQLite itself only notices when it reads the damaged page. */
export async function checkFile(path: string): Promise<void> {
  if (statSync(path).size > MOST) return;
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(path, { timeout: 5_000 });
  try {
    const statement = db.prepare('PRAGMA quick_check(1)');
    statement.setReturnArrays(true);
    const [first] = statement.all().flat();
    if (first !== 'ok')
      throw new StoreError(`the file is damaged (${String(first).split('\n').join(' ').slice(0, 200)})`);
  } finally {
    db.close();
  }
}
