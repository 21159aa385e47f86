import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AppError } from '../../errors/app-error.ts';
import { afterPoll } from '../../event-loop/after-poll.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Deadlines, Timed } from './deadlines.ts';
import { MAX_ERROR } from './limits.ts';
import { PieceList } from './piece-list.ts';
import { UnreadBody } from './unread-body.ts';

/** The time limits of one exchange, in ms. */
export interface Timeouts {
  /** Until the first byte of the answer. Slow models and image models need minutes. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
  /** For the whole exchange. */
  readonly totalMs: number;
}

/** When more than this is unread, the socket is paused, in bytes: an answer is read no faster than it is used. */
const MAX_UNREAD = 1024 * 1024;
/** How long to wait for the body of an error, in ms. Its status is known at once. */
const ERROR_BODY_MS = 5_000;
/**
 * After an answer is complete: how long to wait for the end of the body, in ms, and how much may still arrive, in
 * bytes.
 */
const DRAIN_MS = 2_000;
const MAX_DRAINED = 64 * 1024;
/** The most interim responses (1xx) before the answer. */
const MAX_INTERIM = 16;

export class ExchangeTimeout extends Error {}
export class ExchangeAborted extends Error {}

export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** A whole answer. For an error, `body` is only as much as is worth reading. */
export interface Answer extends Head {
  readonly body: Buffer;
}

interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

const isCompressed = ({ 'content-encoding': coding }: IncomingHttpHeaders) =>
  coding !== undefined && !/^(identity|none)?$/i.test(coding.trim());

/**
 * One request to an upstream and its answer, over undici's `dispatch` (its cheapest interface). Use either `collect`,
 * which gives the whole answer, or `head` for the status and headers and then `read` for what has arrived since the
 * last read.
 */
export class Exchange implements Dispatcher.DispatchHandler, Timed {
  deadline: number;
  slot = -1;
  readonly #timeouts: Timeouts;
  /** When the time for the whole exchange is over, by `monotonicNow()`. */
  #endsAt: number;
  /** When the first token must have arrived, by `monotonicNow()`; infinite when that is not limited. */
  #tokenBy = Infinity;
  readonly #deadlines: Deadlines;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.abort();
  readonly #onCollected = () => this.#giveCollected();
  #controller: Dispatcher.DispatchController | undefined;
  #head: Head | undefined;
  #interim = 0;
  #headWaiting: Waiting<Head> | undefined;
  #collecting: (Waiting<Answer> & { readonly limit: number }) | undefined;
  readonly #unread = new UnreadBody(() => {
    if (this.#controller?.paused && this.#unread.bytes < MAX_UNREAD) this.#controller.resume();
  });
  #ended = false;
  /** How many bytes have arrived since the last reader stopped; null while somebody reads. */
  #drained: number | null = null;
  #error: Error | undefined;

  constructor(timeouts: Timeouts, deadlines: Deadlines, signal: AbortSignal) {
    this.#timeouts = timeouts;
    this.#deadlines = deadlines;
    this.#signal = signal;
    const now = monotonicNow();
    this.#endsAt = now + timeouts.totalMs;
    this.deadline = Math.min(now + timeouts.firstByteMs, this.#endsAt);
    deadlines.add(this);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#fail(new ExchangeAborted());
  }

  /** Lets the wait for the answer begin at the end of an upload, which takes as long as its client takes. */
  waitForUpload(body: Readable): void {
    this.deadline = this.#endsAt;
    body.once('close', () => {
      if (!this.#head) this.#postpone(this.#timeouts.firstByteMs);
    });
  }

  /** Fails the exchange when the first token takes longer than this, whatever arrives before the token. */
  limitFirstToken(ms: number): void {
    this.#tokenBy = monotonicNow() + ms;
    this.deadline = Math.min(this.deadline, this.#tokenBy);
  }

  firstTokenCame(): void {
    this.#tokenBy = Infinity;
    this.#postpone(this.#timeouts.idleMs);
  }

  /** Resolves with the status and the headers when they have arrived. */
  get head(): Promise<Head> {
    if (this.#head) return Promise.resolve(this.#head);
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#headWaiting = { resolve, reject };
    });
  }

  /**
   * Resolves with the whole answer; call it before the answer arrives. It is one promise for all pieces. Rejects with
   * `upstream_broken` above `limit` bytes.
   */
  collect(limit: number): Promise<Answer> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((resolve, reject) => {
      this.#collecting = { resolve, reject, limit };
    });
  }

  /** Resolves with what has arrived since the last read, or null at the end. Rejects when the exchange has failed. */
  read(): Promise<Buffer[] | null> {
    return this.#unread.read();
  }

  /**
   * Resolves with the whole body. A longer answer than `limit` bytes is `upstream_broken`; of an error only the
   * beginning is read.
   */
  async readAll(limit: number): Promise<Buffer> {
    const { status } = await this.head;
    const parts = new PieceList();
    for (let batch = await this.read(); batch; batch = await this.read()) {
      for (const part of batch) parts.push(part);
      if (parts.bytes <= limit) continue;
      this.abort();
      if (isSuccess(status)) throw tooLarge();
      break;
    }
    return parts.join();
  }

  /** Ends the exchange at once, by closing its connection. */
  abort(): void {
    this.#fail(new ExchangeAborted());
  }

  /**
   * Stops reading, because the answer is complete. The connection can be used again when the body ends, so the exchange
   * waits for the end, but not for long.
   */
  drain(): void {
    if (this.#ended || this.#error) return;
    this.#drained = 0;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#unread.discard();
    this.#endsAt = monotonicNow() + DRAIN_MS;
    this.#postpone(DRAIN_MS);
    if (this.#controller?.paused) this.#controller.resume();
  }

  expire(): void {
    if (this.#head && !isSuccess(this.#head.status)) this.#cutShort();
    else this.#fail(new ExchangeTimeout());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#error) controller.abort(this.#error);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) {
      if (++this.#interim > MAX_INTERIM) this.#fail(broken('The upstream sent no end of interim responses.'));
      return;
    }
    this.#head = { status, headers };
    if (!isSuccess(status)) this.#endsAt = Math.min(this.#endsAt, monotonicNow() + ERROR_BODY_MS);
    else if (isCompressed(headers)) {
      this.#fail(broken('The upstream sent a compressed answer, which was not asked for.'));
      return;
    }
    this.#postpone(this.#timeouts.idleMs);
    this.#headWaiting?.resolve(this.#head);
    if (!isSuccess(status) && isCompressed(headers)) this.#cutShort();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#drained !== null) {
      this.#drained += chunk.length;
      if (this.#drained > MAX_DRAINED) this.abort();
      return;
    }
    if (this.#ended) return;
    this.#postpone(this.#timeouts.idleMs);
    this.#unread.push(chunk);
    if (this.#collecting) this.#holdToLimit(this.#collecting.limit);
    else if (this.#unread.bytes > MAX_UNREAD) controller.pause();
  }

  onResponseEnd(): void {
    if (!this.#ended) this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#head && !isSuccess(this.#head.status) && !this.#error) this.#cutShort();
    else this.#fail(error);
  }

  #holdToLimit(limit: number): void {
    const isError = this.#head !== undefined && !isSuccess(this.#head.status);
    if (isError && this.#unread.bytes > MAX_ERROR) this.#cutShort();
    else if (this.#unread.bytes > limit) this.#fail(tooLarge());
  }

  /** Ends the body of an error here, since no more of it is read. */
  #cutShort(): void {
    if (this.#ended || this.#error) return;
    this.#finish();
    this.#controller?.abort(new ExchangeAborted());
  }

  #finish(): void {
    this.#ended = true;
    this.#release();
    this.#unread.end();
    if (this.#collecting) afterPoll(this.#onCollected);
  }

  #giveCollected(): void {
    if (!this.#head) return;
    const { status, headers } = this.#head;
    this.#collecting?.resolve({ status, headers, body: this.#unread.join() });
  }

  #postpone(ms: number): void {
    this.deadline = Math.min(monotonicNow() + ms, this.#endsAt, this.#tokenBy);
  }

  #fail(error: Error): void {
    if (this.#ended || this.#error) return;
    this.#error = error;
    this.#release();
    this.#unread.fail(error);
    this.#controller?.abort(error);
    this.#headWaiting?.reject(error);
    this.#collecting?.reject(error);
  }

  #release(): void {
    this.#deadlines.remove(this);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}

const broken = (message: string) => new AppError('upstream_broken', message);
const tooLarge = () => broken('The upstream sent more than an answer can hold.');
