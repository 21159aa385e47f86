import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { listenLocally } from './listen-locally.ts';

interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  /** In the order in which they came, those that were refused included. */
  readonly posts: readonly ReceivedPost[];
  /** Statuses for the next posts; after them every post is taken. A redirect leads to `/elsewhere`. */
  answer(...statuses: number[]): void;
  close(): Promise<void>;
}

/** A server that takes webhooks. */
export async function startReceiver(): Promise<Receiver> {
  const posts: ReceivedPost[] = [];
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    posts.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() });
    response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end();
  });
  const port = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${port}`,
    posts,
    answer: (...next) => void statuses.push(...next),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
