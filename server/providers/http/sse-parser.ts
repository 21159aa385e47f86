import { AppError } from '../../errors/app-error.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DATA = Buffer.from('data:');

/** A base64 image is one event of megabytes; nothing honest is larger than this. In bytes. */
const MAX_EVENT = 64 * 1024 * 1024;

/**
 * Splits a `text/event-stream` into the payloads of its events, as bytes: no event and no character is ever split.
 * Comments, ids and event names are skipped. Format: the HTML standard, 9.2.
 */
export class SseParser {
  /** Bytes of a line that has not ended yet. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #data: Buffer[] = [];
  #dataBytes = 0;

  /** The payloads of the events that `chunk` completes. */
  push(chunk: Buffer): Buffer[] {
    const lastBreak = chunk.lastIndexOf(LF);
    if (lastBreak < 0) {
      this.#hold(chunk);
      return [];
    }
    const lines = this.#pendingBytes > 0 ? Buffer.concat([...this.#pending, chunk]) : chunk;
    const end = lines.length - (chunk.length - lastBreak) + 1;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (end < lines.length) this.#hold(lines.subarray(end));
    const events: Buffer[] = [];
    for (let from = 0; from < end; ) {
      const at = lines.indexOf(LF, from);
      this.#line(lines, from, at > from && lines[at - 1] === CR ? at - 1 : at, events);
      from = at + 1;
    }
    return events;
  }

  pushAll(chunks: readonly Buffer[]): Buffer[] {
    return chunks.length === 1 && chunks[0] ? this.push(chunks[0]) : chunks.flatMap((chunk) => this.push(chunk));
  }

  /** The payload of an event that the end of the stream cut short, if any. */
  flush(): Buffer[] {
    return this.push(Buffer.from('\n\n'));
  }

  #hold(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes + this.#dataBytes > MAX_EVENT) {
      throw new AppError('upstream_broken', 'The upstream sent an event without end.');
    }
  }

  #line(lines: Buffer, from: number, to: number, events: Buffer[]): void {
    if (from === to) {
      const [first] = this.#data;
      if (first) events.push(this.#data.length === 1 ? first : Buffer.concat(joinLines(this.#data)));
      this.#data = [];
      this.#dataBytes = 0;
      return;
    }
    const start = from + DATA.length;
    if (start > to) return;
    for (let i = 0; i < DATA.length; i++) if (lines[from + i] !== DATA[i]) return;
    const line = lines.subarray(lines[start] === SPACE && start < to ? start + 1 : start, to);
    this.#data.push(line);
    this.#dataBytes += line.length;
    if (this.#dataBytes > MAX_EVENT) throw new AppError('upstream_broken', 'The upstream sent an event without end.');
  }
}

const joinLines = (lines: Buffer[]) => lines.flatMap((line, i) => (i === 0 ? [line] : [Buffer.from('\n'), line]));
