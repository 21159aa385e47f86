import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { freeDiskMb } from '../disk/free-disk.ts';
import { databaseFileOf, type Env } from '../env.ts';
import { inspectDatabase } from '../store/inspect-database.ts';
import { type Finding, messageOf, ok, problem, warning } from './finding.ts';

/** Free space in MB: below the first a warning, below the second a problem. */
const LITTLE = 1024;
const TOO_LITTLE = 100;

/** The folder itself, or its nearest parent that exists. */
function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

function checkFolder(subject: string, folder: string, setting: string): Finding {
  const there = nearestFolder(folder);
  if (!statSync(there).isDirectory()) {
    return problem(subject, `${there} is a file.`, `Let ${setting} name a folder.`);
  }
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return problem(
      subject,
      `${there} cannot be written.`,
      'Give the user that runs the gateway the right to write there.',
    );
  }
  if (there !== folder) return ok(subject, `${folder} is made at the first start.`);
  const isOpen = process.platform !== 'win32' && (statSync(folder).mode & 0o077) !== 0;
  return isOpen
    ? warning(subject, `Other users of this machine can look into ${folder}.`, `Run \`chmod 700 '${folder}'\`.`)
    : ok(subject, folder);
}

/** `freeMb`: how much the gateway's user can still write. */
export function judgeDisk(freeMb: number, folder: string): Finding {
  const what = `${Math.floor(freeMb).toLocaleString('en')} MB are free at ${folder}.`;
  const advice = 'Make room, or set USAGE_KEEP_DAYS so that old usage rows become sums.';
  if (freeMb < TOO_LITTLE) return problem('disk', what, advice);
  return freeMb < LITTLE ? warning('disk', what, advice) : ok('disk', what);
}

async function checkDisk(folder: string): Promise<Finding> {
  const there = nearestFolder(folder);
  return judgeDisk(await freeDiskMb(there), there);
}

async function checkDatabase(path: string, migrationsDir: string): Promise<Finding> {
  try {
    const found = await inspectDatabase(path, migrationsDir);
    if (!found) return ok('database', `${path} is made at the first start.`);
    const later = found.missing > 0 ? ` The next start applies ${found.missing} migrations: make a backup before.` : '';
    return ok('database', `${path} is sound.${later}`);
  } catch (error) {
    const reason = messageOf(error);
    const advice = /newer/.test(reason)
      ? 'Start the version of Duplex that wrote it, or restore a backup that is older.'
      : 'Restore a backup with `duplex restore <file>`, or set DATABASE_URL to another file.';
    return problem('database', `${path} cannot be used: ${reason}.`, advice);
  }
}

/** Checks the data folder, its disk and the database. */
export async function checkData(env: Env, migrationsDir: string): Promise<Finding[]> {
  const folder = checkFolder('data folder', env.dataDir, 'DATA_DIR');
  if (folder.level === 'problem') return [folder];
  const path = databaseFileOf(env);
  const other = dirname(path) === env.dataDir ? null : checkFolder('database', dirname(path), 'DATABASE_URL');
  if (other?.level === 'problem') return [folder, other];
  return [folder, await checkDisk(dirname(path)), await checkDatabase(path, migrationsDir)];
}
