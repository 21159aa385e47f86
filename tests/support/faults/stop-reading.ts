import { connect } from 'node:net';
import type { Target } from './trace.ts';

const requests = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Much' }], max_tokens: 1_000 }],
  ['/c1/chat', { message: 'Much', max_tokens: 1_000 }],
  ['/v1/responses', { input: 'Much', max_output_tokens: 1_000 }],
  ['/v1/messages', { messages: [{ role: 'user', content: 'Much' }], max_tokens: 1_000 }],
] as const;

/** Sends requests for streams and reads nothing. Each resolves when the gateway has dropped its connection. */
export function stopReading({ url, key }: Target): Promise<void>[] {
  const { hostname, port } = new URL(url);
  return requests.map(([path, fields]) => {
    const body = JSON.stringify({ model: 'dear', stream: true, ...fields });
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    return new Promise((resolve) => {
      // Who reads nothing hears of the end when it writes. An empty line before a request means nothing in HTTP.
      const timer = setInterval(() => socket.write('\r\n'), 100);
      socket.once('close', () => {
        clearInterval(timer);
        resolve();
      });
    });
  });
}
