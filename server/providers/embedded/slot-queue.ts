interface Waiter {
  readonly admit: () => void;
}

/** Gives slots to requests. When none is free, requests wait in line, first come, first served. */
export class SlotQueue {
  #free: number;
  readonly #line = new Set<Waiter>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Resolves with the function that returns the slot. When the signal aborts, it rejects and leaves the line. */
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
