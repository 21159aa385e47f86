import type { IncomingMessage } from 'node:http';
import { hasBody } from './refuse-body.ts';

/**
 * While the gateway refuses work, a body is not read either, since that is work as well. What has none (health, metrics,
 * lists, a cancelled run) and what administrators do goes on.
 */
export function shedLoad(raw: IncomingMessage, load: { ensureRoom(): void }): void {
  if (hasBody(raw) && !raw.url?.startsWith('/api/')) load.ensureRoom();
}
