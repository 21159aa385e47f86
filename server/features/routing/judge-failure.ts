import { errorRow } from '../../../contracts/errors.ts';
import { AppError } from '../../errors/app-error.ts';

const failoverOf = (error: unknown) => (error instanceof AppError ? errorRow(error.code).failover : undefined);

/** Whether the request may go to another backend: never for the client's own fault. */
export function mayFailOver(error: unknown): error is AppError {
  return failoverOf(error) !== undefined;
}

/**
 * Whether nothing was sent, because this backend's dialect does not support a field of the request. Another backend may support it.
 * A refusal by the upstream itself has another code.
 */
export const isRefusal = (error: unknown): error is AppError =>
  error instanceof AppError && error.code === 'invalid_field';

/** Whether the request may go to the same backend again, within seconds. */
export function mayRetry(error: unknown): error is AppError {
  const sameBackend = failoverOf(error)?.sameBackend;
  if (sameBackend !== 'when-told') return sameBackend === 'always';
  return error instanceof AppError && error.retryAfter !== undefined;
}

/** Whether the backend is well and will take the request a little later, so that a stream can wait for it. */
export const isNotYet = (error: unknown): error is AppError =>
  error instanceof AppError && (error.code === 'model_loading' || error.code === 'model_busy');

/** Whether a failure says that the backend is down. A quota is not: the backend says itself when to come back. */
export function countsAgainstBackend(error: unknown): boolean {
  return failoverOf(error)?.countsAgainstBackend === true;
}
