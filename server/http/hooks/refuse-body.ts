import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toAppError } from '../../errors/to-wire.ts';

/**
 * How much of a refused body is still read, so that its sender sees the response: in bytes, and for how long, in ms.
 */
const DRAIN_BYTES = 256 * 1024 * 1024;
const DRAIN_MS = 30_000;
/**
 * The time limit for a client without a valid key, or whose body came too slowly or in too many chunks, in ms. Its
 * connection is then closed.
 */
const LINGER_MS = 5_000;

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Decides what happens to the rest of a body whose request is answered with an error. A client that is still sending
 * would see its connection break instead of the response, so the rest is read and thrown away, within limits.
 */
export function refuseBody({ raw, principal }: FastifyRequest, reply: FastifyReply, thrown: unknown): void {
  if (raw.complete || raw.destroyed || !hasBody(raw)) return;
  const { code } = toAppError(thrown);
  if (principal === null || code === 'request_timeout' || code === 'body_too_complex') closeAfterAnswer(raw, reply);
  else drain(raw, reply);
}

/**
 * Reads the rest of the body. When all of it has come, the client may send its next request; Fastify would close the
 * connection at once.
 */
function drain(raw: IncomingMessage, reply: FastifyReply): void {
  reply.removeHeader('connection');
  let drained = 0;
  const stop = () => raw.destroy();
  const timer = setTimeout(stop, DRAIN_MS).unref();
  raw.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > DRAIN_BYTES) stop();
  });
  raw.once('close', () => clearTimeout(timer));
  raw.resume();
}

/**
 * Closes our side of the connection after the response, and all of it when the body has ended or has taken too long.
 */
function closeAfterAnswer(raw: IncomingMessage, reply: FastifyReply): void {
  const { socket } = raw;
  const close = () => socket.destroy();
  reply.header('connection', 'close');
  // Node calls this after the last response of a connection, and would close both sides.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(close, LINGER_MS).unref();
    socket.once('close', () => clearTimeout(timer));
    raw.once('end', close).resume();
  };
}
