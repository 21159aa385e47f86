import { connect, type Socket } from 'node:net';

/** A connection whose bytes the test writes itself. */
export interface RawConnection {
  readonly socket: Socket;
  /** Resolves with everything that came so far as soon as it fits; rejects when the connection ends without. */
  until(fits: RegExp): Promise<string>;
  /** Everything that came, once the connection is closed. */
  readonly closed: Promise<string>;
}

export function openRaw(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  const watchers = new Set<() => void>();
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    for (const look of watchers) look();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  return {
    socket,
    closed,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!fits.test(text)) return;
          watchers.delete(look);
          resolve(text);
        };
        watchers.add(look);
        look();
        void closed.then(() => reject(new Error(`The connection ended without ${fits}: ${text.slice(0, 500)}`)));
      }),
  };
}

/** Sends a request as written and gives the answer; `connection: close` is added. */
export function sendRaw(url: string, head: readonly string[], body = ''): Promise<string> {
  const connection = openRaw(url);
  connection.socket.write(`${[...head, 'host: gateway', 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
  return connection.closed;
}
