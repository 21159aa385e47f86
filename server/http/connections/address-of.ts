import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from '../../features/access/trusted-proxies.ts';

/** The address of the client that sent a request, also where a trusted proxy is in between. */
export const addressOf = (proxies: TrustedProxies, { socket, headers }: IncomingMessage): string =>
  proxies.clientOf(socket.remoteAddress ?? '', headers['x-forwarded-for']);
