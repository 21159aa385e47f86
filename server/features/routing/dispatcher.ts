import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../access/caller.ts';
import type { RequestWatch } from '../access/request-watch.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { BackendStates, Begun } from './backend-state.ts';
import { isNotYet, isRefusal, mayFailOver, mayRetry } from './judge-failure.ts';
import { noBackend } from './no-backend.ts';
import { FirstTokenLimit, type OpenedStream, openStream } from './open-stream.ts';
import { orderBackends } from './order-backends.ts';
import { Trail } from './trail.ts';

/** How long one request may take to find a backend. */
export interface Patience {
  /** How often a chain that failed as a whole is tried again. */
  readonly retries: number;
  /** How long a stream waits for a model that is loading or busy, in ms; 0: not at all. */
  readonly waitMs: number;
}

/** A job, without the backends that it is sent to. */
export interface Job<B extends Backend = Backend> {
  readonly model: CatalogModel;
  /** The backends that can do the job, in the order of the models file. */
  readonly backends: readonly B[];
  readonly caller: Caller;
  /** Requests with one key go to one backend, where the model's strategy is affinity. */
  affinityKey(): string;
}

/** The first wait before a chain is tried again, in ms; it doubles, and a random part of it is waited. */
const BACK_OFF_MS = 250;
/** The first wait for a model that is loading or busy, in ms; it grows by half each time. */
const POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;
/** A backend that asks for more patience than this is not waited for, in ms. */
const LONGEST_WAIT_MS = 10_000;

const ONCE: Patience = { retries: 0, waitMs: 0 };

/** How long to wait before a backend that loads or is busy is asked again, in ms. */
const pollAfter = ({ retryAfter }: AppError, polls: number): number =>
  Math.min(retryAfter === undefined ? POLL_MS * 1.5 ** polls : retryAfter * 1000, LONGEST_POLL_MS);

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
  readonly #options: Patience;
  /** A JSON answer has no way to tell its client that it waits. */
  readonly #jsonPatience: Patience;
  #waiting = 0;

  constructor(states: BackendStates, options: Patience) {
    this.states = states;
    this.#options = options;
    this.#jsonPatience = { retries: options.retries, waitMs: 0 };
  }

  /** How many requests wait before their chain is tried again: for a model that loads or is busy, or to retry. */
  get waiting(): number {
    return this.#waiting;
  }

  /** One answer. `attempt` may be called several times, for one backend after the other. */
  complete<T, B extends Backend>(job: Job<B>, attempt: (backend: B) => Promise<T>): Promise<T> {
    const { signal } = job.caller;
    return this.#run(
      job,
      (backend) => this.states.of(backend).attempt(() => attempt(backend), signal),
      this.#jsonPatience,
    );
  }

  /** One attempt at the backend whose turn it is, for what can be sent only once. */
  once<T, B extends Backend>(job: Job<B>, attempt: (backend: B) => Promise<T>): Promise<T> {
    const [backend] = this.#order(job);
    if (!backend) return Promise.reject(noBackend(job.model));
    const state = this.states.of(backend);
    return this.#run(
      { ...job, backends: [backend] },
      () => state.attempt(() => attempt(backend), job.caller.signal),
      ONCE,
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
    const tryOne = (backend: B) =>
      this.states.of(backend).begin(() => {
        const limit = firstTokenMs === undefined ? null : new FirstTokenLimit(firstTokenMs, caller.signal);
        const attempting = limit ? { ...caller, signal: limit.signal } : caller;
        return openStream(open(backend, attempting), isToken, limit);
      }, caller.signal);
    return this.#run(job, tryOne, this.#options);
  }

  #order<B extends Backend>({ model, backends, affinityKey }: Job<B>): readonly B[] {
    return orderBackends(backends, model.strategy, this.states, affinityKey);
  }

  async #run<T, B extends Backend>(
    job: Job<B>,
    attempt: (backend: B) => Promise<T>,
    { retries, waitMs }: Patience,
  ): Promise<T> {
    const { model, caller } = job;
    const end = caller.receivedAt + model.timeouts.totalMs;
    const waitUntil = Math.min(monotonicNow() + waitMs, end);
    const trail = new Trail(caller);
    const { record } = caller;
    for (let round = 0, polls = 0; ; ) {
      let failure: AppError | null = null;
      let refusal: AppError | null = null;
      let notYet: AppError | null = null;
      const order = this.#order(job);
      if (record.watch?.decided) this.#tellOrder(job, order, record.watch);
      for (const backend of order) {
        trail.begin(backend);
        try {
          const result = await attempt(backend);
          trail.succeed();
          return result;
        } catch (error) {
          if (!caller.signal.aborted && isRefusal(error)) {
            caller.setHeader('x-gateway-applied', null);
            refusal ??= error;
            trail.forget();
            record.watch?.decided?.('the backend does not support the request: nothing is sent to it', {
              backend: backend.name,
              param: error.param,
            });
            continue;
          }
          trail.fail(error);
          if (caller.signal.aborted) throw error;
          caller.setHeader('x-gateway-applied', null);
          if (!mayFailOver(error) || monotonicNow() >= end) throw error;
          record.watch?.decided?.('the attempt failed: the next backend is asked, if there is one', {
            backend: backend.name,
            code: error.code,
          });
          failure = this.#explain(error, backend);
          if (isNotYet(failure)) notYet = failure;
        }
      }
      if (failure === null) throw refusal ?? noBackend(model);
      const poll = notYet === null ? null : pollAfter(notYet, polls);
      const waits = poll !== null && monotonicNow() + poll < waitUntil;
      const wait = waits ? poll : round < retries ? waitFor(failure, round) : null;
      if (wait === null || monotonicNow() + wait >= end) throw failure;
      record.watch?.decided?.('every backend failed: the chain is tried again', {
        waitMs: Math.round(wait),
        reason: waits ? 'a backend is loading or busy' : 'a retry may help',
        code: failure.code,
      });
      if (waits) polls++;
      else round++;
      await this.#wait(wait, failure, caller.signal);
    }
  }

  /** Throws the failure when the client disconnects during the wait. */
  async #wait(ms: number, failure: AppError, signal: AbortSignal): Promise<void> {
    this.#waiting++;
    try {
      await sleep(ms, undefined, { signal });
    } catch {
      throw failure;
    } finally {
      this.#waiting--;
    }
  }

  /** The backends that a request tries, with the reasons why others are skipped. */
  #tellOrder({ model, backends }: Job, order: readonly Backend[], watch: RequestWatch): void {
    const skipped = backends.filter((backend) => !order.includes(backend));
    watch.decided?.('the backends are ordered', {
      strategy: model.strategy,
      order: order.map(({ name }) => name),
      skipped: skipped.map((backend) => ({ backend: backend.name, state: this.states.of(backend).state })),
    });
  }

  /** A backend that loads or is busy rarely says how long that takes, so earlier waits are the estimate. */
  #explain(failure: AppError, backend: Backend): AppError {
    if (!isNotYet(failure) || failure.retryAfter !== undefined) return failure;
    const retryAfter = this.states.of(backend).secondsUntilFree(failure.code);
    return new AppError(failure.code, failure.message, { param: 'model', cause: failure, retryAfter });
  }
}
