import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AccountsGateway, startAccounts } from '../support/start-accounts.ts';
import { bearer } from '../support/start-gateway.ts';

let gateway: AccountsGateway;
beforeAll(async () => {
  gateway = await startAccounts();
});
afterAll(() => gateway.close());

/** Asks for the models on one connection, which is kept; says the status and the local port. */
function openConnection() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; port: number | undefined }>((resolve, reject) => {
      const sent = request(`${gateway.url}/v1/models`, { agent, headers }, (response) => {
        const port = response.socket.localPort;
        response.resume().once('end', () => resolve({ status: response.statusCode, port }));
      });
      sent.once('error', reject).end();
    });
  return { ask, close: () => agent.destroy() };
}

const by = (key: string) => ({ authorization: `Bearer ${key}` });

test('each request of a connection is let in by the key that it shows itself', async () => {
  const { key } = await gateway.createKey();
  const connection = openConnection();
  const seen = [];
  for (const headers of [
    by(bearer),
    by('wrong'),
    by(key),
    by(key),
    {},
    { 'x-api-key': key },
    { 'x-api-key': `Bearer ${key}` },
    { ...by('wrong'), 'x-api-key': key },
    by(bearer),
  ]) {
    seen.push(await connection.ask(headers));
  }
  connection.close();
  expect(seen.map(({ status }) => status)).toEqual([200, 401, 200, 200, 401, 200, 401, 200, 200]);
  expect(new Set(seen.map(({ port }) => port)).size).toBe(1);
});

test('a key that is revoked is not let in again on the connection that it used', async () => {
  const { key, id } = await gateway.createKey();
  const connection = openConnection();
  const before = await connection.ask(by(key));
  expect((await gateway.call('DELETE', `/api/keys/${id}`)).status).toBe(200);
  const after = await connection.ask(by(key));
  connection.close();
  expect([before.status, after.status, before.port === after.port]).toEqual([200, 401, true]);
});
