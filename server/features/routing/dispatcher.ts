import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../canonical/json.ts';
import type { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { BackendStates, Begun } from './backend-state.ts';
import { isRefusal, mayFailOver, mayRetry } from './judge-failure.ts';
import { noBackend } from './no-backend.ts';
import { FirstTokenLimit, type OpenedStream, openStream } from './open-stream.ts';
import { orderBackends } from './order-backends.ts';

export interface DispatcherOptions {
  /** How often a chain that failed as a whole is tried again. */
  readonly retries: number;
  /** Told of each failure that the client does not see, because another attempt follows. */
  onFailure?(failure: AppError, backend: Backend, requestId: string): void;
}

/** What is sent, without where to. */
export interface Job<B extends Backend = Backend> {
  readonly model: CatalogModel;
  /** Those that can do it, in the order of the models file. */
  readonly backends: readonly B[];
  readonly caller: Caller;
  /** Requests with one key go to one backend, where the model's strategy is affinity. */
  affinityKey(): string;
  /** Told of each backend just before it is asked. */
  onAttempt?(backend: B): void;
}

/** The first wait before a chain is tried again, in ms; it doubles, and a random part of it is waited. */
const BACK_OFF_MS = 250;
/** A backend that asks for more patience than this is not waited for, in ms. */
const LONGEST_WAIT_MS = 10_000;

/** How long to wait before the chain is tried again; null: it is not worth it. */
function waitFor(failure: AppError, round: number): number | null {
  if (!mayRetry(failure)) return null;
  if (failure.retryAfter !== undefined) {
    const asked = failure.retryAfter * 1000;
    return asked <= LONGEST_WAIT_MS ? asked : null;
  }
  return BACK_OFF_MS * 2 ** round * (0.5 + Math.random() / 2);
}

/**
 * Decides which backend answers: the first of the model's order, and when it fails before its first token, or has no
 * place for something in the request, the next. A failure after that is the client's to see, since it has the text
 * already; so is what is the client's own fault.
 */
export class Dispatcher {
  readonly states: BackendStates;
  readonly #options: DispatcherOptions;

  constructor(states: BackendStates, options: DispatcherOptions) {
    this.states = states;
    this.#options = options;
  }

  /** One answer. `attempt` may be called several times, for one backend after the other. */
  complete<T, B extends Backend>(job: Job<B>, attempt: (backend: B) => Promise<T>): Promise<T> {
    return this.#run(job, (backend) => this.states.of(backend).attempt(() => attempt(backend), job.caller.signal));
  }

  /** One attempt at the backend whose turn it is, for what can be sent only once. */
  once<T, B extends Backend>(job: Job<B>, attempt: (backend: B) => Promise<T>): Promise<T> {
    const [backend] = this.#order(job);
    if (!backend) return Promise.reject(noBackend(job.model));
    const state = this.states.of(backend);
    return this.#run(
      { ...job, backends: [backend] },
      () => state.attempt(() => attempt(backend), job.caller.signal),
      0,
    );
  }

  /** The beginning of one answer, and its rest. `open` gets the caller of that one attempt. */
  open<Chunk extends object, B extends Backend>(
    job: Job<B>,
    isToken: (chunk: Chunk) => boolean,
    open: (backend: B, caller: Caller) => AsyncGenerator<Json<Chunk>[], void, void>,
  ): Promise<Begun<OpenedStream<Chunk>>> {
    const { caller } = job;
    const { firstTokenMs } = job.model.timeouts;
    return this.#run(job, (backend) =>
      this.states.of(backend).begin(() => {
        const limit = firstTokenMs === undefined ? null : new FirstTokenLimit(firstTokenMs, caller.signal);
        const attempting = limit ? { ...caller, signal: limit.signal } : caller;
        return openStream(open(backend, attempting), isToken, limit);
      }, caller.signal),
    );
  }

  #order<B extends Backend>({ model, backends, affinityKey }: Job<B>): readonly B[] {
    return orderBackends(backends, model.strategy, this.states, affinityKey);
  }

  async #run<T, B extends Backend>(
    job: Job<B>,
    attempt: (backend: B) => Promise<T>,
    retries = this.#options.retries,
  ): Promise<T> {
    const { model, caller } = job;
    const start = caller.receivedAt;
    let attempts = 0;
    for (let round = 0; ; round++) {
      let failure: AppError | null = null;
      let refusal: AppError | null = null;
      for (const backend of this.#order(job)) {
        caller.setHeader('x-gateway-backend', backend.name);
        caller.setHeader('x-gateway-attempts', String(++attempts));
        job.onAttempt?.(backend);
        const attemptAt = monotonicNow();
        try {
          const result = await attempt(backend);
          const now = monotonicNow();
          caller.setHeader('x-gateway-upstream-latency-ms', String(Math.round(now - attemptAt)));
          caller.setHeader('x-gateway-latency-ms', String(Math.round(now - start)));
          return result;
        } catch (error) {
          if (caller.signal.aborted) throw error;
          if (isRefusal(error)) {
            refusal ??= error;
            attempts--;
            continue;
          }
          if (!mayFailOver(error) || monotonicNow() >= start + model.timeouts.totalMs) throw error;
          failure = error;
          this.#options.onFailure?.(error, backend, caller.requestId);
          caller.setHeader('x-gateway-applied', null);
        }
      }
      if (failure === null) throw refusal ?? noBackend(model);
      const wait = round < retries ? waitFor(failure, round) : null;
      if (wait === null || monotonicNow() + wait >= start + model.timeouts.totalMs) throw failure;
      await sleep(wait, undefined, { signal: caller.signal }).catch(() => {
        throw failure;
      });
    }
  }
}
