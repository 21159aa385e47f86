/**
 * Does some work every `everyMs`, and never twice at once. The work must not reject. `first` is work of the same kind that
 * has begun already. Returns what ends it: it resolves when the work in progress has ended.
 */
export function repeatEvery(
  everyMs: number,
  work: () => Promise<void>,
  first: Promise<void> = Promise.resolve(),
): () => Promise<void> {
  let running = first;
  const timer = setInterval(() => {
    running = running.then(work);
  }, everyMs).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
