import type { IncomingMessage } from 'node:http';
import { hasBody } from './refuse-body.ts';

/**
 * Throws `overloaded` for a request with a body while the gateway refuses work, since reading the body is work too.
 * Requests without a body (health, metrics, lists, cancelling a run) and requests to `/api/` are still served.
 */
export function shedLoad(raw: IncomingMessage, load: { ensureRoom(): void }): void {
  if (hasBody(raw) && !raw.url?.startsWith('/api/')) load.ensureRoom();
}
