import type { KeptLine, LogSource } from '../features/system/list-logs.ts';

const MOST_LINES = 2_000;
/** In characters. */
const MOST_TEXT = 4 * 1024 * 1024;

/** The newest lines of the log, in memory, for operators who cannot read standard output. */
export class RecentLines implements LogSource {
  /** A ring: a line lies where the remainder of its id by the length points. */
  readonly #lines = new Array<string>(MOST_LINES).fill('');
  #length = 0;
  /** Ids begin at the time of the start, in microseconds, so that they rise over a restart. */
  #nextId = Date.now() * 1000;
  #oldestId = this.#nextId;

  /** Returns the line, which goes on to where the log is written. */
  keep(text: string): string {
    if (this.#nextId - this.#oldestId === MOST_LINES) this.#dropOldest();
    this.#lines[this.#nextId++ % MOST_LINES] = text;
    this.#length += text.length;
    while (this.#length > MOST_TEXT) this.#dropOldest();
    return text;
  }

  newestFirst(): KeptLine[] {
    const lines: KeptLine[] = [];
    for (let id = this.#nextId - 1; id >= this.#oldestId; id--) lines.push({ id, text: this.#textOf(id) });
    return lines;
  }

  #textOf(id: number): string {
    return this.#lines[id % MOST_LINES] ?? '';
  }

  #dropOldest(): void {
    this.#length -= this.#textOf(this.#oldestId).length;
    this.#lines[this.#oldestId++ % MOST_LINES] = '';
  }
}
