/** Admits one holder at a time, in the order in which they ask. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Resolves when all earlier holders have released it, with the function that releases it. */
  async acquire(): Promise<() => void> {
    const previous = this.#tail;
    const { promise, resolve } = deferred();
    this.#tail = promise;
    await previous;
    return resolve;
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
