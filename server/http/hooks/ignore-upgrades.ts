import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerOf } from '../answer-of.ts';
import { connectionOf } from '../connections/connection.ts';
import { hasTooManyHeaders, tooManyHeaders } from './check-head.ts';
import { answerOnSocket } from './client-error.ts';

/** Headers that have a meaning only together with the upgrade. `HTTP2-Settings`: RFC 7540, 3.2.1. */
const UPGRADE_HEADERS = new Set(['upgrade', 'http2-settings']);

/** The head of a request as it was sent, without the request to change the protocol. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    if (UPGRADE_HEADERS.has(name.toLowerCase())) continue;
    const kept = name.toLowerCase() === 'connection' ? withoutUpgradeTokens(value) : value;
    // Written without a space after the colon, so that the new head is never longer than the old one, which was within
    // the limit.
    if (kept !== null) lines.push(`${name}:${kept}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function withoutUpgradeTokens(connection: string): string | null {
  const tokens = connection.split(',').map((token) => token.trim());
  const kept = tokens.filter((token) => token !== '' && !UPGRADE_HEADERS.has(token.toLowerCase()));
  return kept.length > 0 ? kept.join(', ') : null;
}

function destroy(this: Socket): void {
  this.destroy();
}

/** Puts a request back into its connection, from where it is read again as one that asks for no other protocol. */
function readAgain(server: Server, request: IncomingMessage, socket: Socket, head: Buffer): void {
  // A client may send its next request before the last response came. Responses keep their order.
  const answer = answerOf(socket);
  if (answer) {
    answer.once('close', () => readAgain(server, request, socket, head));
    return;
  }
  if (socket.destroyed) return;
  // Removes the time-out of an idle connection, which the response before this request has left behind.
  socket.setTimeout(0);
  socket.off('error', destroy);
  socket.unshift(Buffer.concat([Buffer.from(headWithoutUpgrade(request), 'latin1'), head]));
  server.emit('connection', socket);
}

/**
 * Serves requests that ask for another protocol as if they had not asked, as HTTP demands of a server that does not
 * support that protocol (RFC 9110, 7.8). Java's HTTP client asks for `h2c` with its first request, and waits for the
 * response; Node would take the connection out of its HTTP server. Requests at `websocketPaths` go to the listener that
 * was registered before, so call this function after it.
 */
export function ignoreUpgrades(server: Server, websocketPaths: readonly string[]): void {
  const listeners = server.listeners('upgrade');
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (isWebsocket(request, websocketPaths)) {
      connectionOf(socket).leaveHttp();
      for (const listener of listeners) Reflect.apply(listener, server, [request, socket, head]);
      return;
    }
    if (hasTooManyHeaders(request)) {
      answerOnSocket(socket, tooManyHeaders());
      return;
    }
    // Node has removed its own error listener, and adds it again when the connection is put back.
    socket.on('error', destroy);
    readAgain(server, request, socket, head);
  });
}

function isWebsocket({ method, url, headers }: IncomingMessage, paths: readonly string[]): boolean {
  if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
  return paths.includes(url?.split('?', 1)[0]?.replace(/\/$/, '') ?? '');
}
