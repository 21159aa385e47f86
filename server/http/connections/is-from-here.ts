import type { IncomingMessage } from 'node:http';

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
const OWN_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** Headers that proxies and tunnels add to requests. */
const PROXY_HEADER = /^(?:forwarded|via|x-forwarded-|x-real-ip$|x-original-|cf-|true-client-ip$)/;
const OWN_SITE = ['same-origin', 'none'];

/**
 * Whether the request comes from the gateway's own machine, to a name that no other site can have, and without a proxy
 * in between. A page of another site is not from here, even when its name leads to this machine (DNS rebinding).
 */
export function isFromHere({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): boolean {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  if (!LOOPBACK.test(socket.remoteAddress ?? '') || !OWN_NAME.test(host)) return false;
  if (typeof site === 'string' && !OWN_SITE.includes(site)) return false;
  // Older browsers tell only the origin of a page.
  if (origin !== undefined && origin !== `http://${host}`) return false;
  return !Object.keys(headers).some((name) => PROXY_HEADER.test(name));
}
