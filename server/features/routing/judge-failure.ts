import type { ErrorCode } from '../../../contracts/errors.ts';
import { AppError } from '../../errors/app-error.ts';

/** Failures of the upstream: another backend, or the same one a little later, may do better. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_broken',
  'upstream_refused',
  'model_quota_exhausted',
]);

/** Those that the same backend will not better by itself within seconds: a wrong key, or minutes of silence. */
const LASTING: ReadonlySet<ErrorCode> = new Set(['upstream_refused', 'upstream_timeout']);

const codeOf = (error: unknown): ErrorCode | null => (error instanceof AppError ? error.code : null);

/** Whether the request may go to another backend: never for the client's own fault. */
export function mayFallOver(error: unknown): error is AppError {
  const code = codeOf(error);
  return code !== null && RETRYABLE.has(code);
}

/**
 * Whether nothing was sent, because this backend's dialect has no place for something in the request: another one may.
 * What an upstream itself refuses has a code of its own.
 */
export const isRefusal = (error: unknown): error is AppError => codeOf(error) === 'invalid_field';

/** Whether the request may go to the same backend again. */
export function mayRetry(error: unknown): error is AppError {
  return mayFallOver(error) && !LASTING.has(error.code);
}

/** Whether a failure says that the backend is down. A quota is not: the backend says itself when to come back. */
export function speaksAgainstBackend(error: unknown): boolean {
  return mayFallOver(error) && error.code !== 'model_quota_exhausted';
}
