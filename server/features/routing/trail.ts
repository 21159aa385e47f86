import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend } from '../models/catalog.ts';

/** Tells the client in headers which backends its request was sent to and how long they took, and keeps it for its record. */
export class Trail {
  readonly #caller: Caller;
  #count = 0;
  #backend = '';
  #startedAt = 0;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  begin(backend: Backend): void {
    const { name } = backend;
    this.#backend = name;
    this.#startedAt = monotonicNow();
    this.#caller.setHeader('x-gateway-backend', name);
    this.#caller.setHeader('x-gateway-attempts', String(++this.#count));
    this.#caller.record.begin(backend);
  }

  /** The last attempt was none: nothing was sent. */
  forget(): void {
    this.#count--;
    this.#caller.record.forget();
  }

  fail(error: unknown): void {
    this.#end(error instanceof AppError ? error : new AppError('internal_error', undefined, { cause: error }));
  }

  succeed(): void {
    const now = monotonicNow();
    this.#caller.setHeader('x-gateway-upstream-latency-ms', String(Math.round(now - this.#startedAt)));
    this.#caller.setHeader('x-gateway-latency-ms', String(Math.round(now - this.#caller.receivedAt)));
    this.#end(null);
  }

  #end(failure: AppError | null): void {
    const { record, receivedAt } = this.#caller;
    record.add({
      backend: this.#backend,
      startMs: Math.round(this.#startedAt - receivedAt),
      ms: Math.round(monotonicNow() - this.#startedAt),
      outcome: failure?.code ?? 'ok',
      failure,
    });
  }
}
