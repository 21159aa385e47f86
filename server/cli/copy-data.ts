import { join, resolve } from 'node:path';
import { databaseFileOf, type Env, loadEnv } from '../env.ts';
import { alertOnce } from '../observe/alerts/alert-once.ts';
import { counted } from '../setup/counted.ts';
import { migrationsDir } from '../setup/package-root.ts';
import { backUp, type Contents, refuseForeign, restore } from '../store/copy-database.ts';
import type { Outcome } from './outcome.ts';
import { UsageError } from './parse-options.ts';

const describe = ({ conversations, messages, keys, usage }: Contents): string =>
  [
    counted(conversations, 'conversation'),
    counted(messages, 'message'),
    counted(keys, 'key'),
    counted(usage, 'usage row'),
  ].join(', ');

function fileOf(command: string, args: readonly string[]): string {
  const [file] = args;
  if (args.length !== 1 || !file || file.startsWith('-')) throw new UsageError(`Usage: duplex ${command} <file>.`);
  return resolve(file);
}

/** `duplex backup FILE`: the whole database in one file, also while the gateway runs. */
export async function backUpData(args: readonly string[], env: Env = loadEnv()): Promise<Outcome> {
  const file = fileOf('backup', args);
  const contents = await backUp(databaseFileOf(env), file).catch(async (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `The backup to ${file} failed: ${reason}`;
    await alertOnce(env, { type: 'backup.failed', subject: file, text, data: { file, reason } });
    throw error;
  });
  const bearer = join(env.dataDir, 'api-bearer');
  return { text: `${file} holds ${describe(contents)}.\nKeep ${bearer} too, if the gateway made its key.\n` };
}

/** `duplex restore FILE`, while no gateway runs. */
export async function restoreData(args: readonly string[]): Promise<Outcome> {
  const env = loadEnv();
  const file = fileOf('restore', args);
  await refuseForeign(file, migrationsDir);
  const { contents, replaced } = await restore(file, databaseFileOf(env), new Date());
  const kept = replaced ? `The old database is kept at ${replaced}.\n` : '';
  return { text: `${databaseFileOf(env)} holds ${describe(contents)} now.\n${kept}` };
}
