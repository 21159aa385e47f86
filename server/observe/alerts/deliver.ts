import { AppError } from '../../errors/app-error.ts';
import { systemCodeOf } from '../../errors/system-code.ts';
import type { Message } from './receivers.ts';

/** How long a receiver may take, in ms. */
const PATIENCE_MS = 10_000;
/** How old an undelivered alert may become, in ms. After that it is dropped. */
const WORTHLESS_MS = 24 * 3_600_000;

/** Whether the same message may be taken a little later. */
const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;

/** A failure after which the same message is sent again. */
const later = (message: string, cause?: unknown) => new AppError('service_unavailable', message, { cause });

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

/** Why a receiver could not be asked, such as `cannot be reached (ECONNREFUSED)`. */
function explain(error: unknown): string {
  if (isTimeout(error)) return `did not answer within ${PATIENCE_MS / 1000} s`;
  const code = systemCodeOf(error instanceof Error ? error.cause : null);
  return `cannot be reached${code && ` (${code})`}`;
}

/**
 * Sends a message once. Redirects are not followed: the operator names the address, and nobody else. Throws an `AppError`
 * when it is worth another attempt, and any other error when it is not. Errors name the setting of the address, which is
 * itself a secret.
 */
export async function deliver({ setting, url, body, headers, raisedAt }: Message): Promise<void> {
  const now = new Date();
  if (now.getTime() - raisedAt.getTime() > WORTHLESS_MS) {
    throw new Error(`The receiver of ${setting} has not accepted the alert for a day.`);
  }
  let response: Response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    response = await fetch(url, { method: 'POST', body, headers: headers(now), redirect: 'manual', signal });
    await response.body?.cancel();
  } catch (error) {
    throw later(`The receiver of ${setting} ${explain(error)}.`, error);
  }
  const { ok, status } = response;
  if (ok) return;
  if (isPassing(status)) throw later(`The receiver of ${setting} answered ${status}.`);
  throw new Error(`The receiver of ${setting} answered ${status}.`);
}
