import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { LogList } from '../../contracts/system/logs.ts';
import { RecentLines } from '../../server/observe/recent-lines.ts';
import { createKey } from '../support/create-key.ts';
import { errorOf } from '../support/error-of.ts';
import { runDuplex } from '../support/run-duplex.ts';
import { bearer } from '../support/start-gateway.ts';
import { startProcess } from '../support/start-process.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { htmlError } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ env: { LOG_LEVEL: 'info' }, log: () => undefined });
  await chat('scripted');
  gateway.upstream.reply(htmlError(502));
  await chat('scripted');
  await chat('nobody');
});
afterAll(() => gateway.close());

const chat = async (model: string) => {
  const messages = [{ role: 'user', content: 'The quick brown fox.' }];
  const response = await gateway.call('POST', '/v1/chat/completions', { model, messages });
  await response.text();
  // The line of a refusal is written after its answer.
  const id = response.headers.get('x-request-id');
  const isThere = async () => expect((await logs()).map(({ line }) => line.reqId)).toContain(id);
  await vi.waitFor(isThere, { timeout: 60_000 });
};
const logs = async (query = ''): Promise<LogList['items']> => {
  const list: LogList = await (await gateway.call('GET', `/api/logs${query}`)).json();
  return list.items;
};
const duplex = (...args: string[]) => runDuplex(args, { DUPLEX_URL: gateway.url, API_BEARER: bearer });

describe('the newest lines of the log', () => {
  test('are those that were written, the oldest first, without secrets', async () => {
    const items = await logs();
    const requests = items.filter(({ line }) => line.msg === 'request');
    expect(requests.map(({ line }) => line.status)).toEqual([200, 502, 400]);
    expect(items.map(({ id }) => id)).toEqual(items.map(({ id }) => id).toSorted((a, b) => a - b));
    expect(JSON.stringify(items)).not.toMatch(new RegExp(`${upstreamKey}|${bearer}|brown`));
  });

  test('can be asked for by level, number and the last one that is known', async () => {
    expect((await logs('?level=warn')).map(({ line }) => line.status)).toEqual([502]);
    const [newest, ...others] = await logs('?limit=1');
    expect([newest?.line.status, others]).toEqual([400, []]);
    expect(await logs(`?after=${newest?.id}`)).toEqual([]);
    await chat('scripted');
    expect((await logs(`?after=${newest?.id}`)).map(({ line }) => line.status)).toEqual([200]);
    expect((await errorOf(await gateway.call('GET', '/api/logs?level=loud'))).param).toBe('level');
  });

  test('are for the administrator alone', async () => {
    const { key } = await createKey(gateway);
    const response = await gateway.call('GET', '/api/logs', undefined, { authorization: `Bearer ${key}` });
    expect((await errorOf(response)).code).toBe('permission_denied');
  });

  test('are printed by the command line for people, and as JSON', async () => {
    const shown = await duplex('logs', '--level', 'warn');
    expect([shown.code, shown.err]).toEqual([0, '']);
    expect(shown.out).toContain('v1.chat scripted → up/test-model: 502');
    const [line = ''] = (await duplex('logs', '--level', 'warn', '--json')).out.split('\n');
    expect(JSON.parse(line)).toMatchObject({ level: 40, status: 502 });
    const wrong = await duplex('logs', '--level', 'loud');
    expect([wrong.code, wrong.out]).toEqual([1, '']);
    expect(wrong.err).toContain('(invalid_field, level)');
  });
});

test('the memory for lines is bounded by their number and their size', () => {
  const many = new RecentLines();
  for (let i = 0; i < 5_000; i++) many.keep(`{"i":${i}}`);
  const lines = many.newestFirst();
  expect([lines.length, lines[0]?.text, lines.at(-1)?.text]).toEqual([2_000, '{"i":4999}', '{"i":3000}']);
  const large = new RecentLines();
  for (let i = 0; i < 20; i++) large.keep('x'.repeat(1024 * 1024));
  expect(large.newestFirst()).toHaveLength(4);
});

test('lines that are read after a restart are newer than those before', async () => {
  const folder = tempFolder();
  const newest = async () => {
    const server = await startProcess(folder);
    const headers = { authorization: `Bearer ${bearer}` };
    await (await fetch(`${server.url}/v1/models/nobody`, { headers })).text();
    const list: LogList = await (await fetch(`${server.url}/api/logs`, { headers })).json();
    await server.stop('SIGTERM');
    return list.items.map(({ id }) => id);
  };
  const [before, after] = [await newest(), await newest()];
  expect(Math.max(...before)).toBeLessThan(Math.min(...after));
});
