import type { EventBatch } from './run-response.ts';

interface Running {
  readonly controller: AbortController;
  readonly events: EventBatch;
  ended: boolean;
  /** Wakes those who follow. */
  wake: () => void;
  next: Promise<void>;
}

/** The responses that are answered in the background by this process, with every event so far. */
export class RunningResponses {
  readonly #running = new Map<string, Running>();

  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** Reads the events to their end, whoever listens, and resolves then. */
  run(id: string, controller: AbortController, batches: AsyncGenerator<EventBatch, void, void>): Promise<void> {
    let wake = () => {};
    const next = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const running: Running = { controller, events: [], ended: false, wake, next };
    this.#running.set(id, running);
    return this.#drain(id, running, batches);
  }

  /** Resolves when it has ended; false when it was not running here. */
  async cancel(id: string): Promise<boolean> {
    const running = this.#running.get(id);
    if (!running) return false;
    running.controller.abort();
    while (!running.ended) await running.next;
    return true;
  }

  /** The events after a number, and those to come. Ends early with the signal. */
  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<EventBatch, void, void> {
    const running = this.#running.get(id);
    if (!running) return;
    const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    for (let at = after + 1; !signal.aborted; ) {
      const { next, ended } = running;
      const fresh = running.events.slice(at);
      at += fresh.length;
      if (fresh.length > 0) yield fresh;
      else if (ended) return;
      else await Promise.race([next, left]);
    }
  }

  async #drain(id: string, running: Running, batches: AsyncGenerator<EventBatch, void, void>): Promise<void> {
    try {
      for await (const batch of batches) {
        running.events.push(...batch);
        this.#wake(running);
      }
    } catch {
      // Its end could not be stored: the next start of the gateway says that it was not finished.
    }
    running.ended = true;
    this.#running.delete(id);
    this.#wake(running);
  }

  #wake(running: Running): void {
    const { wake } = running;
    running.next = new Promise<void>((resolve) => {
      running.wake = resolve;
    });
    wake();
  }
}
