import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the gateway, as a client got it. */
export interface RecordedAnswer {
  readonly path: string;
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface Recorder {
  readonly url: string;
  /** What came since the last call. */
  take(): RecordedAnswer[];
  close(): Promise<void>;
}

/** Stands between the clients and the gateway, and keeps what the gateway says. */
export async function recordAnswers(gatewayUrl: string): Promise<Recorder> {
  const { hostname, port } = new URL(gatewayUrl);
  let answers: RecordedAnswer[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url: path = '/', headers } = incoming;
    const upstream = request({ hostname, port, method, path, headers }, (answer) => {
      const pieces: Buffer[] = [];
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('end', () => {
        const body = Buffer.concat(pieces).toString();
        answers.push({ path, status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', body });
      });
      answer.pipe(outgoing);
    });
    outgoing.on('close', () => upstream.destroy());
    upstream.on('error', () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    take() {
      const taken = answers;
      answers = [];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
