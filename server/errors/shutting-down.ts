import { AppError } from './app-error.ts';
import { markReported } from './reported.ts';

/** When a client may try again, in seconds. */
const RETRY_SECONDS = 5;

/** Refuses new work while the gateway stops. Such refusals are expected, so no line of the log calls them a fault. */
export function shuttingDown(): AppError {
  const refusal = new AppError('service_unavailable', 'The gateway is shutting down.', { retryAfter: RETRY_SECONDS });
  markReported(refusal);
  return refusal;
}
