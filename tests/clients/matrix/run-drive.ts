import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);

/** What one client of another language did. */
export interface Tried {
  readonly client: string;
  readonly what: string;
  readonly answer?: unknown;
  /** Why it failed. */
  readonly failure?: string;
}

/** The right answers, by what is tried. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  plain: 'Hello from the model.',
  stream: 'Hello from the model.',
  responses: 'Hello from the model.',
  tools: 'It is 21 degrees in Oslo.',
  structured: { name: 'Ada', age: 36 },
  'structured as JSON': { name: 'Ada', age: 36 },
};

export const expectedOf = ({ client, what }: Tried): Tried => ({ client, what, answer: EXPECTED[what] });

const isTried = (value: unknown): value is Tried =>
  typeof value === 'object' && value !== null && 'client' in value && 'what' in value;

/** The lines of JSON that a program prints, among whatever else it prints: a build tool prints marks of colour. */
function readTries(output: string): Tried[] {
  return stripVTControlCharacters(output)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const value: unknown = JSON.parse(line);
      return isTried(value) ? [value] : [];
    });
}

/** Runs a program that drives clients against a gateway. */
export async function runDrive(program: string, args: readonly string[], cwd: string): Promise<Tried[]> {
  const { stdout } = await run(program, [...args], { cwd, maxBuffer: 16 * 1024 * 1024, timeout: 600_000 });
  return readTries(stdout);
}

/** Whether what a toolchain needs could be installed; says so in one line where not. */
export async function canPrepare(
  what: string,
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<boolean> {
  try {
    await run(program, [...args], { cwd, maxBuffer: 16 * 1024 * 1024, timeout: 900_000 });
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.info(`Skipped: the clients in ${what} could not be installed (${reason}).`);
    return false;
  }
}
