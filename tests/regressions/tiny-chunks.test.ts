import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { lastingFolder } from '../support/temp-folder.ts';

const MB = 1024 * 1024;
/** The bytes of the body. As objects of a hundred bytes each they would take 400 MB. */
const BYTES = 4 * MB;

const folder = lastingFolder();
let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await startProcess(folder.path, { LOG_LEVEL: 'silent' });
});
afterAll(async () => {
  await gateway.stop('SIGKILL');
  folder.remove();
});

/** The memory of the process, in bytes. */
function residentBytes(): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

test('a body in chunks of one byte takes little more memory than its bytes', async () => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  const before = residentBytes();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentBytes())), 20);
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'Host: gateway',
    `Authorization: Bearer ${bearer}`,
    'Content-Type: application/json',
    'Transfer-Encoding: chunked',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const piece = '1\r\nx\r\n'.repeat(MB / 16);
  for (let sent = 0; sent < BYTES; sent += MB / 16) if (!socket.write(piece)) await once(socket, 'drain');
  socket.write('0\r\n\r\n');
  const [answer] = await once(socket, 'data');
  clearInterval(timer);
  socket.destroy();
  expect(String(answer)).toContain('invalid_json');
  expect(Math.max(most, residentBytes()) - before).toBeLessThan(200 * MB);
});
