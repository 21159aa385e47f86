import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Whether a program of the machine runs; a test that needs it says so on the console where it does not. */
export async function hasProgram(name: string, args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(name, [...args]);
    return true;
  } catch {
    console.info(`Skipped: the program "${name}" was not found, which some tests need.`);
    return false;
  }
}
