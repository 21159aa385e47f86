import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { ErrorCode } from '../../../contracts/errors.ts';
import { AppError } from '../../errors/app-error.ts';
import { toWireError } from '../../errors/to-wire.ts';
import { newRequestId } from '../../features/access/request-id.ts';
import { answerOf } from '../answer-of.ts';
import { dataHeaders } from '../pages/security-headers.ts';

/** Codes of Node's HTTP parser. Every other code means that the bytes are not HTTP. */
const parserCodes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * Answers what cannot be read as a request. Such a request reaches no route, so the error is written on the bare
 * connection, which is then closed.
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET' || answerOf(socket)?.headersSent) {
    socket.destroy();
    return;
  }
  answerOnSocket(socket, new AppError(parserCodes[error.code ?? ''] ?? 'malformed_request'));
}

/** Refuses CONNECT, which asks for a tunnel to another server. Node would close the connection without an answer. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    const error = new AppError('method_not_allowed', 'CONNECT is not allowed here; this server is not a proxy.');
    if (answerOf(socket)) socket.destroy();
    else answerOnSocket(socket, error, { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE' });
  });
}

/** Writes an error on a connection that has no request, and closes the connection. */
export function answerOnSocket(socket: Socket, error: AppError, headers: Readonly<Record<string, string>> = {}): void {
  const { status, body, headers: own } = toWireError(error);
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(text)}`,
    `x-request-id: ${newRequestId()}`,
    ...Object.entries({ ...dataHeaders, ...own, ...headers }).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy());
}

/**
 * Ignores an `Expect` header that Node does not know, as HTTP allows (RFC 9110, 10.1.1). Node would refuse the request.
 */
export function passOverExpectations(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
}
