/** A busy machine must not fail a test. */
const patienceMs = 60_000;

/** Tells watchers that something happened, so that nobody has to sleep and look again. */
export class Changes {
  readonly #watchers = new Set<() => void>();

  happened(): void {
    for (const look of [...this.#watchers]) look();
  }

  /** Resolves as soon as it holds; looks now and after every change. Rejects after a minute. */
  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const look = () => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`The upstream did not see ${what} within ${patienceMs} ms.`));
      }, patienceMs);
      this.#watchers.add(look);
      look();
    });
  }
}
