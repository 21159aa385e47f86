/** Lets one holder in at a time, in the order of asking. */
export class Mutex {
  #tail: Promise<void> = Promise.resolve();

  /** Resolves, with the function that releases it, when all earlier holders have released it. */
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
