import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { listenLocally } from './listen-locally.ts';

/** What becomes of a new connection: it is passed on, closed at once, or never answered. */
type Way = 'pass' | 'refuse' | 'hang';

/** A TCP proxy in front of a gateway. It passes bytes on, and breaks connections when a test says so. */
export interface CuttingProxy {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** How many connections were opened, those that were not passed on included. */
  readonly opened: number;
  /** What becomes of new connections from now on. */
  connections: Way;
  /** What becomes of requests for a websocket from now on. */
  websockets: Way;
  /** Resets every connection. */
  cut(): void;
  /** From now on nothing goes through the connections that are open, and neither side is told. */
  freeze(): void;
  /** Lets the frozen connections go on: what was sent meanwhile arrives, and whoever has left is seen to have left. */
  thaw(): void;
  /** Where connections lead from now on. */
  target: string;
  close(): Promise<void>;
}

const IS_WEBSOCKET = /\r\nupgrade: websocket\r\n/i;

export async function startProxy(target: string): Promise<CuttingProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    proxy.opened += 1;
    socket.on('error', () => socket.destroy());
    waiting.add(socket);
    socket.on('close', () => waiting.delete(socket));
    if (proxy.connections === 'refuse') socket.resetAndDestroy();
    if (proxy.connections === 'pass') socket.once('data', (head) => passOn(socket, head));
  });
  const proxy = {
    url: '',
    opened: 0,
    connections: 'pass' as Way,
    websockets: 'pass' as Way,
    target,
    cut() {
      for (const pair of pairs) for (const side of pair) side.resetAndDestroy();
    },
    freeze() {
      for (const [client, peer] of pairs) {
        client.unpipe(peer).pause();
        peer.unpipe(client).pause();
      }
    },
    thaw() {
      for (const [client, peer] of pairs) client.pipe(peer).pipe(client);
    },
    async close() {
      for (const socket of waiting) socket.destroy();
      proxy.cut();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };

  function passOn(socket: Socket, head: Buffer): void {
    const isWebsocket = IS_WEBSOCKET.test(head.toString('latin1'));
    if (isWebsocket && proxy.websockets === 'refuse') {
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    }
    if (isWebsocket && proxy.websockets !== 'pass') return;
    const { hostname, port } = new URL(proxy.target);
    const peer = connect(Number(port), hostname);
    const pair = [socket, peer] as const;
    pairs.add(pair);
    socket.on('close', () => {
      pairs.delete(pair);
      peer.destroy();
    });
    peer.on('error', () => socket.resetAndDestroy()).on('close', () => socket.destroy());
    peer.write(head);
    socket.pipe(peer).pipe(socket);
  }

  proxy.url = `http://127.0.0.1:${await listenLocally(server)}`;
  return proxy;
}
