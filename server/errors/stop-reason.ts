import { AppError } from './app-error.ts';

/** Throws why a request was stopped, when that was a reason of ours: a client that left needs no answer. */
export function throwReason({ reason }: AbortSignal): void {
  if (reason instanceof AppError) throw reason;
}

/** What to answer with when a request was stopped for a reason of ours; otherwise the error that came of it. */
export const stopReason = (signal: AbortSignal, error: unknown): unknown =>
  signal.aborted && signal.reason instanceof AppError ? signal.reason : error;
