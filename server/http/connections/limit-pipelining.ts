import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { answerOf } from '../answer-of.ts';
import { connectionOf } from './connection.ts';

/**
 * How many requests of one connection may arrive in one turn of the event loop. Whoever waits for answers sends one;
 * 64 KB of the shortest requests are more than a thousand, and everybody else waits until all of them are handled.
 */
const MOST_IN_TURN = 100;

function noteQueued(socket: Socket, response: ServerResponse): void {
  const { queued } = connectionOf(socket);
  queued.add(response);
  response.once('close', () => queued.delete(response));
}

/** A server that closes the connection of a client that sends more requests at once. */
export function createLimitedServer(handle: RequestListener, options: ServerOptions): Server {
  const counts = new Map<Socket, number>();
  return createServer(options, (request, response) => {
    const { socket } = request;
    if (counts.size === 0) setImmediate(() => counts.clear());
    const count = (counts.get(socket) ?? 0) + 1;
    counts.set(socket, count);
    if (count > MOST_IN_TURN) {
      socket.destroy();
      return;
    }
    if (answerOf(socket) !== response) noteQueued(socket, response);
    handle(request, response);
  });
}
