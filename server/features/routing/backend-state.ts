import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  handleWhen,
} from 'cockatiel';
import type { ErrorCode } from '../../../contracts/errors.ts';
import type { RouteState } from '../../../contracts/system/health.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Backend } from '../models/catalog.ts';
import { countsAgainstBackend } from './judge-failure.ts';
import { Pause } from './pause.ts';
import { WaitingTime } from './waiting-time.ts';

export interface CircuitOptions {
  /** How many failures in a row open the circuit of a backend. */
  readonly failures: number;
  /** How long an open circuit is left alone before one request tries it again, in ms. */
  readonly coolDownMs: number;
  /** Called with each backend whose circuit opens. */
  readonly onOpen?: ((backend: string) => void) | undefined;
}

/** How much the newest latency counts in the average. */
const NEWEST = 0.2;

/** Failures of which a probe can tell that they are over: it finds out that the server answers, not that it answers well. */
const PROBE_TELLS: ReadonlySet<ErrorCode> = new Set(['upstream_unavailable', 'upstream_timeout']);

/**
 * The state of one backend, learned from the requests that it got. No probes are sent, because they would cost tokens.
 */
export class BackendState {
  readonly #circuit: CircuitBreakerPolicy;
  readonly #coolDownMs: number;
  #openedAt = 0;
  #pause: Pause | null = null;
  readonly #waiting = new WaitingTime();
  /** The last failure that counts against the backend. */
  #lastFault: ErrorCode | null = null;
  #latencyMs: number | null = null;
  #inFlight = 0;
  /** Whether the last verdict was a failure: then a success is news. */
  #failing = false;

  constructor(name: string, { failures, coolDownMs, onOpen }: CircuitOptions) {
    this.#coolDownMs = coolDownMs;
    this.#circuit = circuitBreaker(handleWhen(countsAgainstBackend), {
      // `isLive` decides how long a circuit stays open: cockatiel would measure it by a clock that can be set.
      halfOpenAfter: new ConstantBackoff(Number.NEGATIVE_INFINITY),
      breaker: new ConsecutiveBreaker(failures),
    });
    this.#circuit.onBreak(() => {
      this.#openedAt = monotonicNow();
      onOpen?.(name);
    });
  }

  /** Requests that it answers now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Why it gets requests or does not; see the contract. */
  get state(): RouteState {
    if (this.#circuit.state === CircuitState.Open) return 'open';
    if (this.#circuit.state === CircuitState.HalfOpen) return 'half_open';
    return this.#paused?.reason ?? 'closed';
  }

  /** Whether a request may go there: an open circuit lets one through when it has cooled down. */
  get isLive(): boolean {
    if (this.#circuit.state === CircuitState.Open) return monotonicNow() >= this.#openedAt + this.#coolDownMs;
    return this.#circuit.state === CircuitState.Closed && this.#paused === null;
  }

  get #paused(): Pause | null {
    return this.#pause?.isOver === false ? this.#pause : null;
  }

  /**
   * The number of seconds after which a request that failed with this code can be sent again; undefined when unknown.
   */
  secondsUntilFree(code: ErrorCode): number | undefined {
    return this.#waiting.secondsFor(code, this.#latencyMs);
  }

  /** A probe found the backend up: a circuit that opened because it was not there closes, and loading is over. */
  probedUp(): void {
    if (this.#pause?.reason === 'loading') this.#pause = null;
    if (this.#circuit.state !== CircuitState.Open || !this.#lastFault || !PROBE_TELLS.has(this.#lastFault)) return;
    this.#failing = false;
    void this.#circuit.execute(async () => {}).catch(() => {});
  }

  /** Until the answer began, on average, in ms. */
  get latencyMs(): number | null {
    return this.#latencyMs === null ? null : Math.round(this.#latencyMs);
  }

  /**
   * Runs one attempt and learns from it. It runs also when the circuit is open, because the caller has no other backend
   * left.
   */
  async attempt<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { result, end } = await this.begin(run, signal);
    end();
    return result;
  }

  /** Does the same as `attempt` for a stream, which succeeds or fails only when it ends. */
  async begin<T>(run: () => Promise<T>, signal: AbortSignal): Promise<Begun<T>> {
    const end = this.#enter(signal);
    const start = monotonicNow();
    try {
      const result = await run();
      this.#learn(monotonicNow() - start);
      return { result, end };
    } catch (error) {
      end(error);
      throw error;
    }
  }

  #enter(signal: AbortSignal): Begun<unknown>['end'] {
    this.#inFlight++;
    const endTrial = this.#circuit.state === CircuitState.Open && this.isLive ? this.#beginTrial() : null;
    return (failure) => {
      this.#inFlight--;
      if (failure === undefined) this.#answered();
      else if (failure instanceof AppError) this.#note(failure);
      // A client that disconnected says nothing of the backend.
      const verdict = failure !== undefined && signal.aborted ? new AppError('client_disconnected') : failure;
      if (endTrial) endTrial(verdict);
      else if (this.#circuit.state === CircuitState.Closed) this.#judge(verdict);
    };
  }

  #answered(): void {
    this.#waiting.loaded();
    // A quota stays used up, even when another request has succeeded since.
    if (this.#pause?.reason !== 'cooling') this.#pause = null;
  }

  #note(failure: AppError): void {
    if (failure.code === 'model_loading') this.#waiting.loading();
    if (countsAgainstBackend(failure)) this.#lastFault = failure.code;
    this.#pause = Pause.after(failure.code, failure.retryAfter) ?? this.#pause;
  }

  /** Makes the circuit half open until the returned function is called. */
  #beginTrial(): (verdict: unknown) => void {
    let end: (verdict: unknown) => void = () => {};
    const trial = new Promise<void>((succeed, fail) => {
      end = (verdict) => (verdict === undefined ? succeed() : fail(verdict));
    });
    void this.#circuit.execute(() => trial).catch(() => {});
    return end;
  }

  /** Nearly every request succeeds, so the circuit is called only when the state of the backend changes. */
  #judge(verdict: unknown): void {
    const failed = verdict !== undefined;
    if (failed ? !countsAgainstBackend(verdict) : !this.#failing) return;
    this.#failing = failed;
    const told = async () => {
      if (failed) throw verdict;
    };
    void this.#circuit.execute(told).catch(() => {});
  }

  #learn(ms: number): void {
    this.#latencyMs = this.#latencyMs === null ? ms : this.#latencyMs + NEWEST * (ms - this.#latencyMs);
  }
}

/** Something that has begun; `end` must be called once, with what it failed with, if anything. */
export interface Begun<T> {
  readonly result: T;
  readonly end: (failure?: unknown) => void;
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
      state = new BackendState(name, this.#options);
      this.#states.set(name, state);
    }
    return state;
  }

  /** Drops what is known of the backends of a provider: it was replaced, or taken away. Attempts under way end on their own. */
  forget(provider: string): void {
    for (const name of this.#states.keys()) if (name.startsWith(`${provider}/`)) this.#states.delete(name);
  }
}
