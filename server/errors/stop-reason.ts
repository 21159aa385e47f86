import { AppError } from './app-error.ts';

/** What to answer with when a request was stopped for a reason of ours; otherwise the error that came of it. */
export const stopReason = (signal: AbortSignal, error: unknown): unknown =>
  signal.aborted && signal.reason instanceof AppError ? signal.reason : error;
