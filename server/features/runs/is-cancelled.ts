import { AppError } from '../../errors/app-error.ts';

/** Reasons to stop an answer that are not its reader's. */
const OURS: ReadonlySet<string> = new Set(['run_limit_exceeded', 'service_unavailable']);

/** Whether an answer failed because it was cancelled or its client disconnected. */
export function isCancelled({ aborted, reason }: AbortSignal, failure: unknown): boolean {
  if (aborted) return !(reason instanceof AppError && OURS.has(reason.code));
  return failure instanceof AppError && failure.code === 'client_disconnected';
}
