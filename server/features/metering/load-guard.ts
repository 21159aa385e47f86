import { AppError } from '../../errors/app-error.ts';
import { shuttingDown } from '../../errors/shutting-down.ts';

export interface LoadLimits {
  /** How many requests to models may be under way at once; 0: no limit. */
  readonly openRequests: number;
  /** How late the event loop may be, in ms; 0: no limit. */
  readonly lagMs: number;
  /** The memory of the process, in bytes; 0: no limit but the one of the heap. */
  readonly memoryBytes: number;
}

/** One reading of the process, taken twice a second. */
export interface Load {
  /** How late the event loop came to look. */
  readonly lagMs: number;
  /** How much of the machine's memory the process has. */
  readonly memoryBytes: number;
  /** The share of the heap's limit that is used, 0 to 1. Above 1 the process would end. */
  readonly heapShare: number;
}

/** The share of its limit from which a heap spends most time on garbage collection. */
const FULL_HEAP = 0.9;
/** The `Retry-After` of refused requests, in seconds. */
const RETRY_SECONDS = 2;

/** Called with a reason when the gateway begins to refuse requests, and with null when it accepts them again. */
export type LoadListener = (reason: string | null) => void;

/** Refuses new requests to models while the process has more to do than it can, so that those under way end well. */
export class LoadGuard {
  readonly #limits: LoadLimits;
  readonly #onChange: LoadListener;
  #open = 0;
  #reason: string | null = null;
  #isStopping = false;
  /** One late look is a single long task, or a machine that slept: only the second in a row counts. */
  #wasLate = false;

  constructor(limits: LoadLimits, onChange: LoadListener) {
    this.#limits = limits;
    this.#onChange = onChange;
  }

  /** Requests to models that are under way. */
  get open(): number {
    return this.#open;
  }

  look(load: Load): void {
    const reason = this.#judge(load);
    if ((reason === null) !== (this.#reason === null)) this.#onChange(reason);
    this.#reason = reason;
  }

  /** Refuses all new requests from now on, because the gateway stops. Requests under way go on. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Throws `service_unavailable` or `overloaded` when a request that has just come is refused. */
  ensureTaking(): void {
    if (this.#isStopping) throw shuttingDown();
    this.#ensureRoom();
  }

  /**
   * Counts a request until `leave`. Throws `overloaded`. It checks and counts at once: many requests may come together,
   * before the first of them is admitted.
   */
  enter(): void {
    this.#ensureRoom();
    this.#open++;
  }

  leave(): void {
    this.#open--;
  }

  #ensureRoom(): void {
    const { openRequests } = this.#limits;
    if (this.#reason !== null) throw overloaded(this.#reason);
    if (openRequests > 0 && this.#open >= openRequests) {
      throw overloaded(`${this.#open} requests are under way, which is the most at once (MAX_OPEN_REQUESTS)`);
    }
  }

  #judge({ lagMs, memoryBytes, heapShare }: Load): string | null {
    const { lagMs: mostLag, memoryBytes: mostMemory } = this.#limits;
    const isLate = mostLag > 0 && lagMs > mostLag;
    const staysLate = isLate && this.#wasLate;
    this.#wasLate = isLate;
    if (staysLate) return 'the event loop is late (SHED_LAG_MS)';
    if (mostMemory > 0 && memoryBytes > mostMemory) return 'the memory is used up (MAX_MEMORY_MB)';
    return heapShare > FULL_HEAP ? 'the heap of Node.js is nearly full' : null;
  }
}

const overloaded = (reason: string) =>
  new AppError('overloaded', `The gateway is overloaded: ${reason}. Try again in ${RETRY_SECONDS} s.`, {
    retryAfter: RETRY_SECONDS,
  });
