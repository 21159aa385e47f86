import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvError } from '../env.ts';

/** In characters, as for API_BEARER. */
const SHORTEST = 8;

interface OpenedBearer {
  readonly bearer: string;
  /** Where it is kept; null when it was configured. */
  readonly file: string | null;
  /** True once, when there is something new to tell. */
  readonly created: boolean;
}

/**
 * The administrator's bearer: the configured one, or one that was made at the first start and lies in the data folder,
 * readable by its owner alone.
 */
export function openBearer(configured: string | undefined, dataDir: string): OpenedBearer {
  if (configured) return { bearer: configured, file: null, created: false };
  const file = join(dataDir, 'api-bearer');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const made = randomBytes(32).toString('hex');
  try {
    // Fails when the file exists: of two processes that start at once, one makes it and both read it.
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    return { bearer: made, file, created: true };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return { bearer: readBearer(file), file, created: false };
  }
}

function readBearer(file: string): string {
  const bearer = readFileSync(file, 'utf8').trim();
  if (bearer.length >= SHORTEST) return bearer;
  throw new EnvError(
    `${file} holds no key of at least ${SHORTEST} characters. Delete it, so that one is made, or set API_BEARER.`,
  );
}
