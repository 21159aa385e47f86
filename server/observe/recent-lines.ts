import type { KeptLine, LogSource } from '../features/system/list-logs.ts';

const MOST_LINES = 2_000;
/** In characters. */
const MOST_TEXT = 4 * 1024 * 1024;

/** The newest lines of the log, in memory, for operators who cannot read standard output. */
export class RecentLines implements LogSource {
  /** By id, the oldest first. */
  readonly #lines = new Map<number, string>();
  #length = 0;
  /** Ids begin at the time of the start, in microseconds, so that they rise over a restart. */
  #nextId = Date.now() * 1000;

  /** Returns the line, which goes on to where the log is written. */
  keep(text: string): string {
    this.#lines.set(this.#nextId++, text);
    this.#length += text.length;
    for (const [id, oldest] of this.#lines) {
      if (this.#lines.size <= MOST_LINES && this.#length <= MOST_TEXT) break;
      this.#lines.delete(id);
      this.#length -= oldest.length;
    }
    return text;
  }

  newestFirst(): KeptLine[] {
    return [...this.#lines].map(([id, text]) => ({ id, text })).reverse();
  }
}
