import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { listenLocally } from '../listen-locally.ts';
import { type ReceivedSpan, readJsonSpans, readSpans } from './read-spans.ts';

export interface Collector {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All that was received, as it came. */
  readonly bytes: () => Buffer;
  readonly headers: readonly IncomingHttpHeaders[];
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** A collector of OTLP over HTTP, in both encodings: https://opentelemetry.io/docs/specs/otlp/#otlphttp. */
export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer(async (request, response) => {
    const type = request.headers['content-type'] ?? '';
    const body = await readBody(request);
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
    if (type !== 'application/x-protobuf' && type !== 'application/json') return void response.writeHead(415).end();
    bodies.push(body);
    headers.push(request.headers);
    try {
      spans.push(...(type === 'application/json' ? readJsonSpans(body) : readSpans(body)));
      // An empty `ExportTraceServiceResponse`: everything was taken.
      response.writeHead(200, { 'content-type': type }).end(type === 'application/json' ? '{}' : '');
    } catch {
      response.writeHead(400, { 'content-type': type }).end();
    }
  });
  const port = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bytes: () => Buffer.concat(bodies),
    headers,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
