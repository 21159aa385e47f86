const reported = new WeakSet<object>();

/** Records that a failure was logged, so that outer code does not log it again. */
export function markReported(failure: unknown): void {
  if (failure instanceof Error) reported.add(failure);
}

/** Whether a failure, or a cause inside it, was logged. */
export function isReported(failure: unknown): boolean {
  for (let error = failure, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    if (reported.has(error)) return true;
  }
  return false;
}
