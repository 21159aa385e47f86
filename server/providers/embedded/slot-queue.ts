interface Waiter {
  readonly admit: () => void;
}

/** Slots for requests; who finds none waits in line, first come, first served. */
export class SlotQueue {
  #free: number;
  readonly #line = new Set<Waiter>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Resolves with the function that gives the slot back. Rejects, and leaves the line, when the signal aborts. */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let held = true;
    return () => {
      if (held) this.#release();
      held = false;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        admit() {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#line.delete(waiter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#line.add(waiter);
    });
  }

  #release(): void {
    const [first] = this.#line;
    if (first === undefined) {
      this.#free += 1;
      return;
    }
    this.#line.delete(first);
    first.admit();
  }
}
