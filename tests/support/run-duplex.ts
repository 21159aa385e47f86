import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './start-gateway.ts';

/** How a run of the command line ended. */
interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The built program (by `npm test`), as `npx duplex` runs it, in an empty folder or in `PWD`. */
export async function runDuplex(args: readonly string[], env: Record<string, string>): Promise<Ended> {
  const own = env.PWD === undefined ? mkdtempSync(join(tmpdir(), 'duplex-cli-')) : null;
  const cwd = own ?? env.PWD;
  const variables = { PATH: process.env.PATH, ...env };
  try {
    const program = join(root, 'dist/server/cli.js');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], { cwd, env: variables });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    if (!(error instanceof Error && 'stdout' in error && 'stderr' in error && 'code' in error)) throw error;
    return { code: Number(error.code), out: String(error.stdout), err: String(error.stderr) };
  } finally {
    if (own) rmSync(own, { recursive: true, force: true });
  }
}
