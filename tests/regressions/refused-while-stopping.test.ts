import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bearer } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { createGate } from '../support/upstream/gate.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One connection: a request waits until the one before it is answered. */
function oneConnection(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (method: string, path: string, body?: object): Promise<Answered> => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const asked = request(url + path, { agent, method, headers });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    return once(asked, 'response').then(async ([response]) => {
      let text = '';
      for await (const piece of response) text += piece;
      return { status: response.statusCode, headers: response.headers, text };
    });
  };
}

const isRefused = (url: string) =>
  new Promise<boolean>((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

test('a request on an open connection of a gateway that stops gets an error like every other', async () => {
  const upstream = await startUpstream();
  const folder = tempFolder();
  writeFileSync(
    join(folder, 'models.yaml'),
    `providers: { up: { kind: openai-compatible, base_url: "${upstream.url}" } }
models: [{ alias: m, backends: [{ provider: up, model: m }] }]
`,
  );
  const gateway = await startProcess(folder, { LOG_FORMAT: 'json' });
  const chat = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
  const [first, second] = [oneConnection(gateway.url), oneConnection(gateway.url)];
  const gates = [createGate(), createGate()] as const;
  upstream.reply(say('One.', { gate: gates[0] }), say('Two.', { gate: gates[1] }));
  const underWay = [first('POST', '/v1/chat/completions', chat), second('POST', '/v1/chat/completions', chat)];
  await expect.poll(() => upstream.chats.length).toBe(2);
  const stopped = gateway.stop('SIGTERM');
  await expect.poll(() => isRefused(gateway.url)).toBe(true);
  const refused = first('POST', '/v1/messages', { ...chat, max_tokens: 5 });
  const ready = second('GET', '/readyz');
  for (const gate of gates) gate.open();

  expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual([200, 200]);
  const { status, headers, text } = await refused;
  expect(status).toBe(503);
  expect(headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
  expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { message: 'The gateway is shutting down.' } });
  expect((await ready).status).toBe(503);
  expect(await stopped).toBe(0);
  const lines = gateway.output().split('\n');
  const line = lines.find((candidate) => candidate.includes(String(headers['x-request-id'])));
  expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 30, status: 503, code: 'service_unavailable' });
  expect(lines.filter((candidate) => /"level":[45]0/.test(candidate))).toEqual([]);
  await upstream.close();
});
