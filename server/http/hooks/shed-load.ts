import type { IncomingMessage } from 'node:http';
import { hasBody } from './refuse-body.ts';

/**
 * Throws `overloaded` for a request with a body while the gateway refuses work: reading the body is work as well. Requests
 * without a body (health, metrics, lists, cancelling a run) and those to `/api/` are served.
 */
export function shedLoad(raw: IncomingMessage, load: { ensureRoom(): void }): void {
  if (hasBody(raw) && !raw.url?.startsWith('/api/')) load.ensureRoom();
}
