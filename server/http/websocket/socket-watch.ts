/** What can be seen of a connection. */
export interface Watched {
  /** Bytes that came, ever. */
  received(): number;
  /** Bytes that were to be sent, ever. */
  sent(): number;
  /** How many of them still wait here. */
  unsent(): number;
  /** The number of the message that has begun to come and has not ended; null when there is none. */
  message(): number | null;
}

/** All in ms. The page docs/trpc.md names them. */
const PING_AFTER = 15_000;
const PONG_WITHIN = 10_000;
const SILENT_MESSAGE = 30_000;
const WHOLE_MESSAGE = 300_000;
const TAKE_WITHIN = 30_000;
const CLOSE_WITHIN = 5_000;
/** A client that takes less than this is too slow, in bytes a second. */
const SLOWEST_TAKING = 32 * 1024;

/**
 * `ping`: ask for a sign of life. `late`: a message has not arrived in time. `drop`: the client is gone, or takes what it
 * is sent too slowly.
 */
export type Verdict = 'fine' | 'ping' | 'late' | 'drop';

/** Decides when a connection is given up. Times come from its caller, on a clock that nobody can set. */
export class SocketWatch {
  readonly #watched: Watched;
  #received = 0;
  #heardAt: number | null = null;
  #pingedAt: number | null = null;
  #message: { readonly number: number; readonly since: number } | null = null;
  /** What waits now has to be taken until then. */
  #taking: { readonly sent: number; readonly until: number } | null = null;
  #closingSince: number | null = null;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  closing(now: number): void {
    this.#closingSince ??= now;
  }

  /** Called every second or so. */
  check(now: number): Verdict {
    if (this.#closingSince !== null) return now - this.#closingSince > CLOSE_WITHIN ? 'drop' : 'fine';
    const silentMs = this.#silence(now);
    if (this.#takesTooSlowly(now)) return 'drop';
    if (this.#sendsTooSlowly(now, silentMs)) return 'late';
    // A pong would wait behind what the client sends or takes, which have limits of their own.
    if (this.#message || this.#taking) return 'fine';
    if (this.#pingedAt !== null) return now - this.#pingedAt > PONG_WITHIN ? 'drop' : 'fine';
    if (silentMs < PING_AFTER) return 'fine';
    this.#pingedAt = now;
    return 'ping';
  }

  /** For how long nothing has come. */
  #silence(now: number): number {
    const received = this.#watched.received();
    if (received !== this.#received || this.#heardAt === null) {
      this.#received = received;
      this.#heardAt = now;
      this.#pingedAt = null;
    }
    return now - this.#heardAt;
  }

  #sendsTooSlowly(now: number, silentMs: number): boolean {
    const number = this.#watched.message();
    if (number === null) this.#message = null;
    else if (this.#message?.number !== number) this.#message = { number, since: now };
    return this.#message !== null && (silentMs > SILENT_MESSAGE || now - this.#message.since > WHOLE_MESSAGE);
  }

  #takesTooSlowly(now: number): boolean {
    const unsent = this.#watched.unsent();
    const sent = this.#watched.sent();
    if (unsent === 0) this.#taking = null;
    else if (this.#taking === null || sent - unsent >= this.#taking.sent) {
      this.#taking = { sent, until: now + TAKE_WITHIN + (unsent / SLOWEST_TAKING) * 1000 };
    }
    return this.#taking !== null && now > this.#taking.until;
  }
}
