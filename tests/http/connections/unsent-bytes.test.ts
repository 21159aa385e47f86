import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as after, setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectionOf } from '../../../server/http/connections/connection.ts';
import { UnsentBytes } from '../../../server/http/connections/unsent-bytes.ts';

const MOST = 4 * 1024 * 1024;

let server: Server;
const clients: Socket[] = [];
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
});

/** The server's side of a connection whose client reads nothing. */
async function openUnread(): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection');
  clients.push(connect(port, '127.0.0.1').pause());
  const [socket]: Socket[] = await accepted;
  if (!socket) throw new Error('There is no connection.');
  return socket.on('error', () => undefined);
}

/** Writes until a little of it waits, because the system takes no more. */
async function writeTooMuch(socket: Socket): Promise<void> {
  for (let full = 0; full < 100; full = socket.writableLength > 0 ? full + 1 : 0) {
    if (socket.writableLength === 0) socket.write(Buffer.alloc(64 * 1024));
    await nextTurn();
  }
}

test('a client that holds less than its share stays, though it has taken nothing for longer than others', async () => {
  const [small, large] = [await openUnread(), await openUnread()];
  const dropped = once(large, 'close');
  const unsent = new UnsentBytes(MOST, () => undefined);
  for (const socket of [small, large]) unsent.add(connectionOf(socket));
  await writeTooMuch(small);
  // It is known to take nothing before the other one is.
  await after(600);
  large.write(Buffer.alloc(32 * 1024 * 1024));
  await dropped;
  expect(small.destroyed).toBe(false);
  unsent.close();
  small.destroy();
});
