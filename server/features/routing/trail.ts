import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend } from '../models/catalog.ts';

/** Tells the client in headers which backends its request was sent to, and how long they took. */
export class Trail {
  readonly #caller: Caller;
  #attempts = 0;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Returns when the attempt began. */
  begin({ name }: Backend): number {
    this.#caller.setHeader('x-gateway-backend', name);
    this.#caller.setHeader('x-gateway-attempts', String(++this.#attempts));
    return monotonicNow();
  }

  /** The last attempt was none: nothing was sent. */
  forget(): void {
    this.#attempts--;
  }

  succeed(attemptAt: number): void {
    const now = monotonicNow();
    this.#caller.setHeader('x-gateway-upstream-latency-ms', String(Math.round(now - attemptAt)));
    this.#caller.setHeader('x-gateway-latency-ms', String(Math.round(now - this.#caller.receivedAt)));
  }
}
