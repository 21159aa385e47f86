import type { IncomingMessage } from 'node:http';
import { hasBody } from './refuse-body.ts';

/**
 * Refuses a request with a body while the gateway is overloaded or stops, since reading the body is work too.
 * Requests without a body (health, metrics, lists, cancelling a run) and requests to `/api/` are still served.
 */
export function shedLoad(raw: IncomingMessage, load: { ensureTaking(): void }): void {
  if (hasBody(raw) && !raw.url?.startsWith('/api/')) load.ensureTaking();
}
