import { withoutMark } from '../../canonical/byte-order-mark.ts';
import { AppError } from '../../errors/app-error.ts';
import { MAX_EVENT, MAX_IDLE_BYTES, MAX_IDLE_LINES } from './limits.ts';
import { PieceList } from './piece-list.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DATA = Buffer.from('data:');

const endless = (what: string) => new AppError('upstream_broken', `The upstream sent ${what}.`);

/**
 * Splits a `text/event-stream` into the payloads of its events, as bytes: no event and no character is ever split.
 * Comments, ids and event names are skipped. How much may arrive without a call of `progressed` is limited. Format: the
 * HTML standard, 9.2.
 */
export class SseParser {
  /** The bytes of an incomplete line. */
  readonly #pending = new PieceList();
  #data: Buffer[] = [];
  #dataBytes = 0;
  #begun = false;
  /** Whether the last byte was a CR. A CR ends a line, with or without an LF after it. */
  #afterCr = false;
  #idleLines = 0;
  #idleBytes = 0;

  /** The payloads of the events that `chunk` completes. Throws `upstream_broken` beyond the limits. */
  push(chunk: Buffer): Buffer[] {
    this.#idleBytes += chunk.length;
    if (this.#idleBytes > MAX_IDLE_BYTES) throw endless('a stream without an answer in it');
    const text = this.#unified(chunk);
    const lastBreak = text.lastIndexOf(LF);
    if (lastBreak < 0) {
      this.#hold(text);
      return [];
    }
    let lines = text.subarray(0, lastBreak + 1);
    if (this.#pending.bytes > 0) {
      this.#pending.push(lines);
      lines = this.#pending.join();
    }
    if (lastBreak + 1 < text.length) this.#hold(text.subarray(lastBreak + 1));
    return this.#read(lines);
  }

  pushAll(chunks: readonly Buffer[]): Buffer[] {
    return chunks.length === 1 && chunks[0] ? this.push(chunks[0]) : chunks.flatMap((chunk) => this.push(chunk));
  }

  /** The payload of an event that the end of the stream cut off, if there is one. */
  flush(): Buffer[] {
    return this.push(Buffer.from('\n\n'));
  }

  /** Resets the limits, because a piece of the answer has arrived. */
  progressed(): void {
    this.#idleLines = 0;
    this.#idleBytes = 0;
  }

  /** The chunk with LF as its only line end. Few streams have others. */
  #unified(chunk: Buffer): Buffer {
    let from = 0;
    if (!this.#begun) {
      this.#begun = true;
      from = chunk.length - withoutMark(chunk).length;
    }
    if (this.#afterCr && chunk[from] === LF) from++;
    this.#afterCr = chunk[chunk.length - 1] === CR;
    if (!chunk.includes(CR, from)) return from === 0 ? chunk : chunk.subarray(from);
    const out = Buffer.allocUnsafe(chunk.length - from);
    let length = 0;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      out[length++] = byte === CR ? LF : byte;
      if (byte === CR && chunk[at + 1] === LF) at++;
    }
    return out.subarray(0, length);
  }

  #hold(bytes: Buffer): void {
    this.#pending.push(bytes);
    if (this.#pending.bytes + this.#dataBytes > MAX_EVENT) throw endless('an event without end');
  }

  #read(lines: Buffer): Buffer[] {
    const events: Buffer[] = [];
    for (let from = 0; from < lines.length; ) {
      const at = lines.indexOf(LF, from);
      if (++this.#idleLines > MAX_IDLE_LINES) throw endless('lines without an answer in them');
      this.#line(lines, from, at, events);
      from = at + 1;
    }
    return events;
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
    if (this.#dataBytes > MAX_EVENT) throw endless('an event without end');
  }
}

/**
 * The lines of a payload with blanks between them. The payloads are JSON, where a line end is white space too, and most
 * of them are passed on as one line.
 */
const joinLines = (lines: Buffer[]) => lines.flatMap((line, i) => (i === 0 ? [line] : [Buffer.from(' '), line]));
