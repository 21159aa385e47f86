import { AssertionError } from 'node:assert';
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** How often the end of a paused answer is tried again, in ms. */
const RETRY_MS = 20;

type Listener = (...args: readonly unknown[]) => void;

/** Calls a listener of undici. False: the parser of the connection is paused, and undici throws. */
function called(socket: Socket, listener: Listener, args: readonly unknown[]): boolean {
  try {
    listener.apply(socket, [...args]);
    return true;
  } catch (error) {
    if (error instanceof AssertionError) return false;
    throw error;
  }
}

/** The end waits until the answer is read on, because then it is complete. */
function endLater(socket: Socket, listener: Listener): void {
  if (socket.destroyed || called(socket, listener, [])) return;
  setTimeout(endLater, RETRY_MS, socket, listener).unref();
}

const guards: Readonly<Record<string, (socket: Socket, listener: Listener, args: readonly unknown[]) => void>> = {
  end: (socket, listener) => endLater(socket, listener),
  error(socket, listener, args) {
    if (called(socket, listener, args)) return;
    // As any other error, this one needs no look at the parser.
    called(socket, listener, [new Error('The connection broke while nobody read it.', { cause: args[0] })]);
  },
};

/**
 * When an upstream closes or resets a connection whose parser is paused, because a client reads slowly, undici 7 throws an
 * AssertionError from a listener of the socket (`Parser.finish`), and nothing above that can catch it: the process would
 * end.
 */
function guard(socket: Socket): Socket {
  const on = socket.on.bind(socket);
  const guarded = (name: string, listener: Listener) => {
    const guardOf = guards[name];
    return on(name, guardOf ? (...args: readonly unknown[]) => guardOf(socket, listener, args) : listener);
  };
  return Object.defineProperty(socket, 'on', { value: guarded, configurable: true });
}

/** Connects as undici does. `timeout` is in ms. */
export function connectGuarded(timeout: number): buildConnector.connector {
  // The other half stays open, so that an end that waits does not close the connection.
  const connect = buildConnector({ timeout, allowHalfOpen: true });
  return (options, callback) =>
    connect(options, (...[error, socket]) => (error ? callback(error, null) : callback(null, guard(socket))));
}
