import { writeSync } from 'node:fs';
import { systemCodeOf } from '../errors/system-code.ts';

const STDOUT = 1;
const STDERR = 2;
/** How long to wait before a reader that is too slow is tried again, in ms. */
const BUSY_MS = 10;

const nothing = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes to the standard output at once, so that the last lines of a process that ends are not lost. It waits for a slow
 * reader, as every program does at a full pipe. Lines that cannot be written, because their reader has ended or the disk is
 * full, are lost: requests are answered all the same. The first of them is told on the standard error.
 */
export class StandardOutput {
  #isBroken = false;

  write(text: string): void {
    let rest: Uint8Array = Buffer.from(text);
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(STDOUT, rest));
        this.#isBroken = false;
      } catch (error) {
        if (systemCodeOf(error) !== 'EAGAIN') {
          this.#lose(error);
          return;
        }
        Atomics.wait(nothing, 0, 0, BUSY_MS);
      }
    }
  }

  #lose(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    const reason = error instanceof Error ? error.message : String(error);
    try {
      writeSync(
        STDERR,
        `The log cannot be written to the standard output: ${reason}. Its lines are lost until it can.\n`,
      );
    } catch {
      // Nobody reads the standard error either.
    }
  }
}
