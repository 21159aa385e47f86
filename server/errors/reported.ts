const reported = new WeakSet<object>();

/** Notes that the log has told of a failure, so that nobody tells of it again further out. */
export function markReported(failure: unknown): void {
  if (failure instanceof Error) reported.add(failure);
}

/** Also of what wraps a failure that was told of. */
export function isReported(failure: unknown): boolean {
  for (let error = failure, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if (reported.has(error)) return true;
  }
  return false;
}
