import { Progress } from '../connections/progress.ts';
import type { TransferLimits } from '../connections/slow-transfers.ts';

/** What `SocketWatch` reads from a connection. Bytes are counted from any starting point. */
export interface Watched {
  received(): number;
  /** How many bytes the client has taken. */
  taken(): number;
  /** Whether anything waits to be taken. */
  hasUnsent(): boolean;
  /** False while the client has to wait until more is read. */
  isReading(): boolean;
  /** The number of the message that has begun and has not ended; null when there is none. */
  message(): number | null;
}

/** Limits in ms; docs/trpc.md lists them. */
const PING_AFTER = 15_000;
const PONG_WITHIN = 10_000;
const CLOSE_WITHIN = 5_000;

/**
 * What to do with a connection. `ping`: send a ping. `late`: a message arrives too slowly. `drop`: the client is gone,
 * or takes what it is sent too slowly.
 */
export type Verdict = 'fine' | 'ping' | 'late' | 'drop';

/** Decides when a connection is closed. Times come from the caller, on a monotonic clock. */
export class SocketWatch {
  readonly #watched: Watched;
  readonly #limits: TransferLimits;
  #received = 0;
  #heardAt: number | null = null;
  #pingedAt: number | null = null;
  #lookedAt: number | null = null;
  #message: { readonly number: number; readonly upload: Progress } | null = null;
  #download: Progress | null = null;
  #closingSince: number | null = null;

  constructor(watched: Watched, limits: TransferLimits) {
    this.#watched = watched;
    this.#limits = limits;
  }

  closing(now: number): void {
    this.#closingSince ??= now;
  }

  /** Called every second or so. */
  check(now: number): Verdict {
    const sinceLast = now - (this.#lookedAt ?? now);
    this.#lookedAt = now;
    if (this.#closingSince !== null) return now - this.#closingSince > CLOSE_WITHIN ? 'drop' : 'fine';
    const silentMs = this.#silence(now);
    if (this.#takesTooSlowly(now)) return 'drop';
    if (this.#sendsTooSlowly(now, sinceLast)) return 'late';
    // A pong would wait behind what the client sends or takes; both have limits of their own.
    if (this.#message || this.#download) return 'fine';
    if (this.#pingedAt !== null) return now - this.#pingedAt > PONG_WITHIN ? 'drop' : 'fine';
    if (silentMs < PING_AFTER) return 'fine';
    this.#pingedAt = now;
    return 'ping';
  }

  /** For how long nothing has arrived, in ms, although we were reading. */
  #silence(now: number): number {
    const received = this.#watched.received();
    if (received !== this.#received || this.#heardAt === null || !this.#watched.isReading()) {
      this.#received = received;
      this.#heardAt = now;
      this.#pingedAt = null;
    }
    return now - this.#heardAt;
  }

  #sendsTooSlowly(now: number, sinceLast: number): boolean {
    const number = this.#watched.message();
    const received = this.#watched.received();
    if (number === null) this.#message = null;
    else if (this.#message?.number !== number) this.#message = { number, upload: new Progress(now, received) };
    if (!this.#message) return false;
    if (!this.#watched.isReading()) this.#message.upload.excuse(sinceLast);
    return this.#message.upload.isTooSlow(now, received, this.#limits.body);
  }

  #takesTooSlowly(now: number): boolean {
    if (!this.#watched.hasUnsent()) {
      this.#download = null;
      return false;
    }
    const taken = this.#watched.taken();
    this.#download ??= new Progress(now, taken);
    return this.#download.isTooSlow(now, taken, this.#limits.answer);
  }
}
