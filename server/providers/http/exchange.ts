import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AppError } from '../../errors/app-error.ts';
import { afterPoll } from '../../event-loop/after-poll.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Deadlines, Timed } from './deadlines.ts';

/** How long an upstream may take, in ms. */
export interface Timeouts {
  /** Until the first byte of the answer; slow models and image models need minutes. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** For all of it. */
  readonly totalMs: number;
}

/** An answer is read no faster than it is used: above this much unread, the socket is paused. In bytes. */
const MAX_UNREAD = 1024 * 1024;

export class ExchangeTimeout extends Error {}
export class ExchangeAborted extends Error {}

export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A whole answer. */
export interface Answer extends Head {
  readonly body: Buffer;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/**
 * One request to an upstream and its answer, over undici's `dispatch` (the cheapest way that undici has). Either
 * `collect` gives the whole answer, or `head` the status and the headers and `read` what arrived since the last read.
 */
export class Exchange implements Dispatcher.DispatchHandler, Timed {
  deadline: number;
  slot = -1;
  readonly #timeouts: Timeouts;
  /** When the time for all of it is over, by `monotonicNow()`. */
  readonly #end: number;
  readonly #deadlines: Deadlines;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.abort();
  readonly #onPolled = () => this.#handOver();
  #isHandingOver = false;
  #controller: Dispatcher.DispatchController | undefined;
  #head: Head | undefined;
  #headWaiting: Waiting<Head> | undefined;
  #collecting: (Waiting<Answer> & { readonly limit: number }) | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #waiting: Waiting<Buffer[] | null> | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(timeouts: Timeouts, deadlines: Deadlines, signal: AbortSignal) {
    this.#timeouts = timeouts;
    this.#deadlines = deadlines;
    this.#signal = signal;
    const now = monotonicNow();
    this.#end = now + timeouts.totalMs;
    this.deadline = Math.min(now + timeouts.firstByteMs, this.#end);
    deadlines.add(this);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#fail(new ExchangeAborted());
  }

  /** An upload takes as long as its client takes: the wait for the answer begins at its end. */
  waitForUpload(body: Readable): void {
    this.deadline = this.#end;
    body.once('close', () => {
      if (!this.#head) this.#postpone(this.#timeouts.firstByteMs);
    });
  }

  /** The status and the headers, once they came. */
  get head(): Promise<Head> {
    if (this.#head) return Promise.resolve(this.#head);
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#headWaiting = { resolve, reject };
    });
  }

  /** The whole answer, for who asks before it came: one promise for all of it. `upstream_broken` above `limit` bytes. */
  collect(limit: number): Promise<Answer> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#collecting = { resolve, reject, limit };
    });
  }

  /** Everything that arrived since the last read, or null at the end. Rejects when the exchange failed. */
  read(): Promise<Buffer[] | null> {
    if (this.#unread.length > 0) return Promise.resolve(this.#takeUnread());
    if (this.#error) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The whole body; `upstream_broken` above `limit` bytes. */
  async readAll(limit: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let size = 0;
    for (let batch = await this.read(); batch; batch = await this.read()) {
      for (const part of batch) {
        size += part.length;
        if (size > limit) {
          this.abort();
          throw tooLarge();
        }
        parts.push(part);
      }
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size);
  }

  /** Ends the exchange at once; the upstream sees its connection close. */
  abort(): void {
    this.#fail(new ExchangeAborted());
  }

  expire(): void {
    this.#fail(new ExchangeTimeout());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#error) controller.abort(this.#error);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#postpone(this.#timeouts.idleMs);
    this.#head = { status, headers };
    this.#headWaiting?.resolve(this.#head);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#postpone(this.#timeouts.idleMs);
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#waiting) this.#handOverSoon();
    if (this.#collecting) {
      if (this.#unreadBytes > this.#collecting.limit) this.#fail(tooLarge());
    } else if (this.#unreadBytes > MAX_UNREAD) controller.pause();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#release();
    if (this.#waiting || this.#collecting) this.#handOverSoon();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #handOverSoon(): void {
    if (this.#isHandingOver) return;
    this.#isHandingOver = true;
    afterPoll(this.#onPolled);
  }

  #handOver(): void {
    this.#isHandingOver = false;
    if (this.#collecting && this.#ended && this.#head) {
      const [only] = this.#unread;
      const body = only && this.#unread.length === 1 ? only : Buffer.concat(this.#unread, this.#unreadBytes);
      const { status, headers } = this.#head;
      this.#collecting.resolve({ status, headers, body });
    }
    const reading = this.#waiting;
    if (!reading || (this.#unread.length === 0 && !this.#ended)) return;
    this.#waiting = undefined;
    reading.resolve(this.#unread.length > 0 ? this.#takeUnread() : null);
  }

  #takeUnread(): Buffer[] {
    const batch = this.#unread;
    this.#unread = [];
    this.#unreadBytes = 0;
    if (this.#controller?.paused) this.#controller.resume();
    return batch;
  }

  #postpone(ms: number): void {
    this.deadline = Math.min(monotonicNow() + ms, this.#end);
  }

  #fail(error: Error): void {
    if (this.#ended || this.#error) return;
    this.#error = error;
    // What came before is still given out; the next read fails.
    if (this.#isHandingOver) this.#handOver();
    this.#release();
    this.#controller?.abort(error);
    this.#headWaiting?.reject(error);
    this.#collecting?.reject(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  #release(): void {
    this.#deadlines.remove(this);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

const tooLarge = () => new AppError('upstream_broken', 'The upstream sent more than an answer can hold.');
