import type { GenerationEvent } from './engine-protocol.ts';

/**
 * Buffers the events of one generation between the engine, which pushes them, and a reader, which pulls all that has
 * arrived.
 */
export class EventBuffer {
  #events: GenerationEvent[] = [];
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  push(event: GenerationEvent): void {
    this.#events.push(event);
    this.#wake?.();
  }

  /** Makes the next pull throw this, whatever is still buffered. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake?.();
  }

  async pull(): Promise<GenerationEvent[]> {
    if (this.#events.length === 0 && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure.reason;
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
