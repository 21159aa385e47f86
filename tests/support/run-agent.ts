import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endLeftovers } from './end-leftovers.ts';

/** How a run of an agent ended. */
export interface AgentRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for an agent to work in, and another one that is its home. */
export interface Workplace {
  readonly folder: string;
  readonly home: string;
  run(command: string, args: readonly string[], variables: Record<string, string>): Promise<AgentRun>;
  /** Ends what the agent left running, and takes the folders away. */
  remove(): void;
}

/** The longest that an agent may take, in ms. */
const PATIENCE_MS = 90_000;

/**
 * Where `npm install` of an agent put its command: below `AGENTS_DIR`, which is a folder outside of this one. Null, and a
 * word about it, when it is not there.
 */
export function findAgent(command: string, ...places: readonly string[]): string | null {
  const folder = process.env.AGENTS_DIR;
  const found = folder
    ? [`node_modules/.bin/${command}`, ...places].map((place) => join(folder, place)).find((path) => existsSync(path))
    : undefined;
  if (found) return found;
  console.warn(`SKIPPED: '${command}' is not installed; AGENTS_DIR names the folder where npm installed it.`);
  return null;
}

/** Writes a file, such as one with settings, in a folder that need not be there yet. */
export function putFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The agent sees nothing of this machine's own settings: its home is empty, and its environment is what is given. */
export function openWorkplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-work-'));
  const home = mkdtempSync(join(tmpdir(), 'duplex-home-'));
  return {
    folder,
    home,
    run: (command, args, variables) =>
      new Promise((resolve, reject) => {
        const env = { PATH: process.env.PATH, HOME: home, TERM: 'dumb', ...variables };
        const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
        const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (data: Buffer) => {
          stdout += data.toString();
        });
        child.stderr.on('data', (data: Buffer) => {
          stderr += data.toString();
        });
        child.on('error', reject);
        child.on('close', (code) => {
          clearTimeout(timer);
          resolve({ code, stdout, stderr });
        });
      }),
    remove() {
      endLeftovers(home);
      for (const path of [folder, home]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
