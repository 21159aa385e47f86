import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bearer, root } from '../support/start-gateway.ts';

const folder = join(root, 'tests/fixtures/seeds');
export const photo = join(root, 'tests/fixtures/photo.jpg');

function has(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The examples are shell: without its tools (a bare Windows) they can't be tried, and CI may not pass without them. */
export const canRunSeeds = process.env.CI !== undefined || ['bash', 'curl', 'jq', 'base64'].every(has);

/** The text of an example, as the seed has it but for the host. */
export const readSeed = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** What the example's own text leaves to the reader. */
export interface SeedRun {
  readonly url: string;
  /** Where the example finds `photo.jpg` and `my_get_weather.sh`. */
  readonly cwd?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Last word on the text, such as for an ellipsis. */
  readonly edit?: (text: string) => string;
}

/** Runs an example with the real bash, curl and jq, and gives what it printed. */
export async function runSeed(name: string, { url, cwd = folder, variables, edit }: SeedRun): Promise<string> {
  const text = readSeed(name);
  const script = edit ? edit(text) : text;
  const env = { PATH: process.env.PATH, HOST: url, BEARER: bearer, YOUR_API_KEY: bearer, NO_PROXY: '*', ...variables };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', script], { env, cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${name} failed: ${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
