import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import type { RouteState } from '../../../contracts/system/health.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Backend } from '../models/catalog.ts';
import { speaksAgainstBackend } from './judge-failure.ts';

export interface CircuitOptions {
  /** How many failures in a row open the circuit of a backend. */
  readonly failures: number;
  /** How long an open circuit is left alone before one request tries it again, in ms. */
  readonly coolDownMs: number;
}

/** How much the newest latency counts in the average. */
const NEWEST = 0.2;

/** What is known of one backend from the requests that it got: no probe is needed, and none costs tokens. */
export class BackendState {
  readonly #circuit: CircuitBreakerPolicy;
  readonly #coolDownMs: number;
  #openedAt = 0;
  #cooledUntil = 0;
  #latencyMs: number | null = null;
  /** Requests that it answers now. */
  inFlight = 0;

  constructor({ failures, coolDownMs }: CircuitOptions) {
    this.#coolDownMs = coolDownMs;
    this.#circuit = circuitBreaker(handleWhen(speaksAgainstBackend), {
      halfOpenAfter: coolDownMs,
      breaker: new ConsecutiveBreaker(failures),
    });
    this.#circuit.onBreak(() => {
      this.#openedAt = Date.now();
    });
  }

  /** `cooling`: it asked to be left alone for a while (429). */
  get state(): RouteState {
    if (this.#circuit.state === CircuitState.Open) return 'open';
    if (this.#circuit.state === CircuitState.HalfOpen) return 'half_open';
    return this.#cooledUntil > Date.now() ? 'cooling' : 'closed';
  }

  /** Whether a request may go there: an open circuit lets one through when it has cooled down. */
  get isLive(): boolean {
    if (this.#circuit.state === CircuitState.Open) return Date.now() >= this.#openedAt + this.#coolDownMs;
    return this.#circuit.state === CircuitState.Closed && this.#cooledUntil <= Date.now();
  }

  /** Until the answer began, on average, in ms. */
  get latencyMs(): number | null {
    return this.#latencyMs === null ? null : Math.round(this.#latencyMs);
  }

  /** Runs one attempt and learns from it. Runs it also when the circuit is open: whoever asks has nowhere else to go. */
  async attempt<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const start = performance.now();
    try {
      const result = await (this.isLive ? this.#circuit.execute(() => unlessLeft(run, signal)) : run());
      const ms = performance.now() - start;
      this.#latencyMs = this.#latencyMs === null ? ms : this.#latencyMs + NEWEST * (ms - this.#latencyMs);
      return result;
    } catch (thrown) {
      const error = thrown instanceof ClientLeft ? thrown.cause : thrown;
      if (error instanceof AppError && error.code === 'model_quota_exhausted') {
        this.#cooledUntil = Date.now() + (error.retryAfter ?? 0) * 1000;
      }
      throw error;
    }
  }

  /** Counts a failure that came after an attempt had begun well, such as a stream that broke off. */
  fail(error: unknown): void {
    if (!this.isLive) return;
    this.#circuit.execute(() => Promise.reject(error)).catch(() => undefined);
  }
}

/** What an attempt fails with when its client left says nothing of the backend. */
class ClientLeft extends Error {}

async function unlessLeft<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw signal.aborted ? new ClientLeft('the client left', { cause: error }) : error;
  }
}

/** The state of every backend, by its name: aliases that share a backend share what is known of it. */
export class BackendStates {
  readonly #states = new Map<string, BackendState>();
  readonly #options: CircuitOptions;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  of({ name }: Backend): BackendState {
    let state = this.#states.get(name);
    if (!state) {
      state = new BackendState(this.#options);
      this.#states.set(name, state);
    }
    return state;
  }
}
