import { createServer } from 'node:http';
import { connect } from 'node:net';
import { listenLocally } from './listen-locally.ts';

/** A server in front of a gateway that passes on websockets and nothing else: a client that works here uses a websocket. */
export async function passWebsockets(target: string): Promise<{ readonly url: string; close(): void }> {
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    response.writeHead(request.method === 'POST' ? 503 : 404).end();
  });
  server.on('upgrade', (request, socket, head) => {
    const peer = connect(Number(port), hostname, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      }
      peer.write(`${lines.join('\r\n')}\r\n\r\n`);
      peer.write(head);
      peer.pipe(socket).pipe(peer);
    });
    peer.on('error', () => socket.destroy());
    socket.on('error', () => peer.destroy());
  });
  const url = `http://127.0.0.1:${await listenLocally(server)}`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url, close };
}
