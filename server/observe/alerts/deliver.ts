import { AppError } from '../../errors/app-error.ts';
import type { Message } from './receivers.ts';

/** How long a receiver may take, in ms. */
const PATIENCE_MS = 10_000;
/** How old an undelivered alert may become, in ms. After that it is dropped. */
const WORTHLESS_MS = 24 * 3_600_000;

/** Whether the same message may be taken a little later. */
const isPassing = (status: number): boolean => status >= 500 || status === 408 || status === 425 || status === 429;

const later = (cause: unknown) =>
  new AppError('service_unavailable', 'The receiver did not accept the alert.', { cause });

/**
 * Sends a message once. Redirects are not followed: the operator names the address, and nobody else. Throws an `AppError`
 * when it is worth another attempt, and any other error when it is not.
 */
export async function deliver({ url, body, headers, raisedAt }: Message): Promise<void> {
  const now = new Date();
  if (now.getTime() - raisedAt.getTime() > WORTHLESS_MS) throw new Error('Nobody took the alert for a day.');
  let response: Response;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    response = await fetch(url, { method: 'POST', body, headers: headers(now), redirect: 'manual', signal });
    await response.body?.cancel();
  } catch (error) {
    throw later(error);
  }
  if (response.ok) return;
  const refusal = new Error(`The receiver of alerts answered ${response.status}.`);
  throw isPassing(response.status) ? later(refusal) : refusal;
}
