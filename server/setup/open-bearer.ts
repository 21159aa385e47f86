import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../disk/make-folder.ts';
import { EnvError } from '../env.ts';
import { systemCodeOf } from '../errors/system-code.ts';
import { SHORTEST_BEARER } from '../variables.ts';

interface OpenedBearer {
  readonly bearer: string;
  /** The file that holds the bearer; null when it was configured. */
  readonly file: string | null;
  /** True at the start that created the bearer, so that it can be shown. */
  readonly created: boolean;
}

/**
 * The administrator's bearer. It is the configured one, or one that was created at the first start and lies in the data
 * folder, readable by its owner alone.
 */
export function openBearer(configured: string | undefined, dataDir: string): OpenedBearer {
  if (configured) return { bearer: configured, file: null, created: false };
  const file = join(dataDir, 'api-bearer');
  makeFolder(dataDir);
  const made = randomBytes(32).toString('hex');
  try {
    // This fails when the file exists. Of two processes that start at once, one creates the bearer and both read it.
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    return { bearer: made, file, created: true };
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw error;
    return { bearer: readBearer(file), file, created: false };
  }
}

function readBearer(file: string): string {
  const bearer = readFileSync(file, 'utf8').trim();
  if (bearer.length >= SHORTEST_BEARER) return bearer;
  throw new EnvError(
    `${file} has no key of at least ${SHORTEST_BEARER} characters. Delete the file, so that the gateway makes a new key, or set API_BEARER.`,
  );
}
