import { hash } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../../errors/app-error.ts';
import { toWireError } from '../../errors/to-wire.ts';
import { newRequestId } from '../../features/access/request-id.ts';
import { checkHead } from '../hooks/check-head.ts';
import { dataHeaders } from '../pages/security-headers.ts';

/** The constant that RFC 6455, 1.3 adds to the key of a handshake. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Checks that a request is a valid websocket handshake (RFC 6455, 4.2.1), and returns its key. Throws
 * `malformed_request`.
 */
export function readHandshake(request: IncomingMessage): string {
  const { headers } = request;
  checkHead(request);
  if (headers['sec-websocket-version'] !== '13') {
    throw new AppError('malformed_request', 'A websocket needs "Sec-WebSocket-Version: 13".', {
      param: 'Sec-WebSocket-Version',
    });
  }
  const key = headers['sec-websocket-key'];
  if (key !== undefined && KEY.test(key)) return key;
  throw new AppError('malformed_request', 'A websocket needs a Sec-WebSocket-Key of 16 bytes in base64.', {
    param: 'Sec-WebSocket-Key',
  });
}

/** A browser that asked for protocols expects one of them back. tRPC itself has none. */
function protocolOf({ headers }: IncomingMessage): string[] {
  const first = headers['sec-websocket-protocol']?.split(',')[0]?.trim() ?? '';
  return TOKEN.test(first) ? [`Sec-WebSocket-Protocol: ${first}`] : [];
}

export function accept(socket: Socket, request: IncomingMessage, key: string): void {
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${hash('sha1', key + GUID, 'base64')}`,
    ...protocolOf(request),
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
}

/** Answers a handshake with an error, in the same form as any other request, and closes the connection. */
export function refuse(socket: Socket, thrown: unknown): void {
  const { status, headers, body } = toWireError(thrown);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: ${newRequestId()}`,
    ...Object.entries({ ...dataHeaders, ...headers }).map(([name, value]) => `${name}: ${value}`),
    'sec-websocket-version: 13',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
}
