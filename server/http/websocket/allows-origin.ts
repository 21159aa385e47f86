import type { IncomingHttpHeaders } from 'node:http';

/** Whether the page that opens a websocket is one of the gateway's own: its origin has the gateway's host and port. */
function isOwn(origin: string, host: string | undefined): boolean {
  const authority = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return authority !== undefined && authority.toLowerCase() === host?.toLowerCase();
}

/**
 * Whether a page may open a websocket. Browsers let any page do so and only tell the server its origin, so the server
 * has to refuse. Clients that are not browsers send no `Origin`. `origins` are those of `CORS_ORIGINS`.
 */
export function allowsOrigin(origins: readonly string[], { origin, host }: IncomingHttpHeaders): boolean {
  return origin === undefined || origins.includes('*') || origins.includes(origin) || isOwn(origin, host);
}
