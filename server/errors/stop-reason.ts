import { AppError } from './app-error.ts';

/**
 * Throws the reason for which we stopped a request. Does nothing when the client disconnected, since nobody needs an
 * answer.
 */
export function throwReason({ reason }: AbortSignal): void {
  if (reason instanceof AppError) throw reason;
}

/** The error to answer with: the reason when we stopped the request ourselves, otherwise the error that occurred. */
export const stopReason = (signal: AbortSignal, error: unknown): unknown =>
  signal.aborted && signal.reason instanceof AppError ? signal.reason : error;
