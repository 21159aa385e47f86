import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';

const signals = new WeakMap<Socket, AbortSignal>();

/**
 * Aborts when the client's connection closes: while its request is under way, that is the client leaving before the
 * answer is complete. (`request.raw` closes as soon as the body was read.) One for all requests of a connection, which
 * saves each of them the making of one.
 */
export function clientSignal({ raw: { socket } }: FastifyRequest): AbortSignal {
  const known = signals.get(socket);
  if (known) return known;
  const controller = new AbortController();
  socket.once('close', () => controller.abort());
  signals.set(socket, controller.signal);
  return controller.signal;
}
