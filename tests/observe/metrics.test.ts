import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorCodes } from '../../contracts/errors.ts';
import { RouteState } from '../../contracts/system/health.ts';
import { errorOf } from '../support/error-of.ts';
import { parseMetrics } from '../support/parse-metrics.ts';
import { frameOf, OPCODE, openRawWebsocket } from '../support/raw-websocket.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { hangAfter } from '../support/upstream/scripts/failures.ts';
import { htmlError, raw } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: Gateway;

beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    models: `providers:
  gpu1: { kind: openai-compatible, base_url: "${upstream.url}" }
model_map: { "gpt-*": small }
models:
  - { alias: small, price: { input: 10, output: 30 }, backends: [{ provider: gpu1, model: m }] }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const ask = (model = 'small', rest: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }], ...rest });

const scrape = async (): Promise<string> => (await fetch(`${gateway.url}/metrics`)).text();

/** The value of a series, such as `duplex_requests_total{operation="v1.chat",…}`. */
const readSeries = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

const OK = 'duplex_requests_total{operation="v1.chat",model="small",backend="gpu1/m",outcome="ok"}';

test('requests, tokens, costs, attempts and times are counted', async () => {
  await (await ask()).text();
  upstream.reply(htmlError(502));
  await (await ask()).text();
  const response = await fetch(`${gateway.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await response.text();
  expect(readSeries(text, OK)).toBe(1);
  expect(readSeries(text, OK.replace('"ok"', '"upstream_broken"'))).toBe(1);
  expect(readSeries(text, 'duplex_attempts_total{backend="gpu1/m",outcome="ok"}')).toBe(1);
  expect(readSeries(text, 'duplex_attempts_total{backend="gpu1/m",outcome="upstream_broken"}')).toBe(1);
  expect(readSeries(text, 'duplex_tokens_total{model="small",backend="gpu1/m",kind="prompt"}')).toBeGreaterThan(0);
  expect(readSeries(text, 'duplex_cost_usd_total{model="small",backend="gpu1/m"}')).toBeGreaterThan(0);
  expect(readSeries(text, 'duplex_request_seconds_count{operation="v1.chat",model="small"}')).toBe(2);
  expect(readSeries(text, 'duplex_first_token_seconds_count{model="small",backend="gpu1/m"}')).toBe(1);
  expect(readSeries(text, 'duplex_backend_state{backend="gpu1/m",state="closed"}')).toBe(1);
  expect(readSeries(text, 'duplex_backend_requests_in_flight{backend="gpu1/m"}')).toBe(0);
  expect(readSeries(text, 'duplex_wallets_held_usd')).toBe(0);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

test('only counters have names that end in _total, as the linter of Prometheus demands', async () => {
  const families = [...parseMetrics(await scrape())];
  const totals = families.filter(([name]) => name.endsWith('_total'));
  expect(totals.map(([name]) => name)).toContain('duplex_requests_total');
  expect(totals.filter(([, { type }]) => type !== 'counter')).toEqual([]);
});

test('names that clients make up, keys and addresses become no label', async () => {
  await (await ask('gpt-made-up-17')).text();
  await (await ask('nobody-knows-this-model')).text();
  await (await gateway.call('GET', '/made/up/address')).text();
  const text = await scrape();
  expect(readSeries(text, OK)).toBe(2);
  for (const word of ['made-up', 'nobody', 'made/up', bearer]) expect(text).not.toContain(word);
  const nowhere = 'duplex_http_responses_total{operation="GET unknown",status="404",outcome="route_not_found"}';
  expect(readSeries(text, nowhere)).toBe(1);
});

test('each label has values that are known before, whatever clients send', async () => {
  const odd = ['a"b', 'line\nbreak', '\\', 'ü', '__proto__'];
  for (const name of odd) await (await ask(name)).text();
  for (const procedure of ['made.up', 'v1.chat.create']) {
    await (await gateway.call('POST', `/trpc/${procedure}`, { odd })).text();
  }
  const socket = await openRawWebsocket(gateway, { authorization: `Bearer ${bearer}` });
  const call = { id: 1, method: 'query', params: { path: 'made.up' } };
  socket.socket.write(frameOf(OPCODE.text, JSON.stringify(call)));
  await socket.nextJson();
  socket.socket.destroy();
  const allowed: Record<string, RegExp> = {
    operation:
      /^(?:(?:v1|c1|api|system|models|conversations)(?:\.\w+)+|(?:GET|POST) (?:unknown|\/[\w/:*.-]*)|unknown procedure)$/,
    model: /^small$/,
    backend: /^(?:gpu1\/m|none)$/,
    state: new RegExp(`^(?:${RouteState.options.join('|')})$`),
    kind: /^(?:prompt|completion|cached|reasoning)$/,
    status: /^[1-5]\d\d$/,
    outcome: new RegExp(`^(?:ok|cancelled|${errorCodes.join('|')})$`),
    le: /^[\d.]+$|^\+Inf$/,
  };
  const families = parseMetrics(await scrape());
  for (const [name, { samples }] of families) {
    if (!name.startsWith('duplex_')) continue;
    for (const { labels } of samples) {
      for (const [label, value] of Object.entries(labels))
        expect(value, `${name}: ${label}`).toMatch(allowed[label] ?? /^$/);
    }
  }
  const operations = families.get('duplex_http_responses_total')?.samples.map(({ labels }) => labels.operation);
  expect(operations).toEqual(expect.arrayContaining(['unknown procedure', 'v1.chat.create']));
});

test('a histogram adds up, and its last bucket has everything', async () => {
  const families = [...parseMetrics(await scrape())].filter(([, { type }]) => type === 'histogram');
  expect(families.map(([name]) => name)).toContain('duplex_request_seconds');
  for (const [name, { samples }] of families) {
    const counts = new Map<string, number[]>();
    const seriesOf = ({ le: _, ...labels }: Readonly<Record<string, string>>) => JSON.stringify(labels);
    for (const { name: series, labels, value } of samples) {
      const buckets = counts.get(seriesOf(labels)) ?? [];
      if (series === `${name}_bucket`) counts.set(seriesOf(labels), [...buckets, value]);
      if (series === `${name}_count`) expect(value).toBe(buckets.at(-1));
    }
    for (const buckets of counts.values()) expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
  }
});

test('what is under way is told: requests, streams, websockets, calls on them and runs', async () => {
  const under = async () => {
    const families = parseMetrics(await scrape());
    const read = (name: string) => families.get(`duplex_${name}`)?.samples[0]?.value;
    return ['requests_in_flight', 'streams_open', 'websockets_open', 'websocket_calls_open', 'runs_open'].map(read);
  };
  await expect.poll(under).toEqual([0, 0, 0, 0, 0]);
  upstream.reply(hangAfter(1), hangAfter(1));
  const stop = new AbortController();
  const stream = await fetch(`${gateway.url}/c1/chat`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'small', message: 'Hi', stream: true }),
    signal: stop.signal,
  });
  const socket = await openRawWebsocket(gateway, { authorization: `Bearer ${bearer}` });
  const input = { model: 'small', messages: [{ role: 'user', content: 'Hi' }] };
  const call = { id: 1, method: 'subscription', params: { path: 'v1.chat.stream', input } };
  socket.socket.write(frameOf(OPCODE.text, JSON.stringify(call)));
  await expect.poll(under).toEqual([2, 1, 1, 1, 1]);
  await gateway.call('POST', `/c1/runs/${stream.headers.get('x-run-id')}/cancel`);
  stop.abort();
  socket.socket.destroy();
  await expect.poll(under).toEqual([0, 0, 0, 0, 0]);
});

test('a request that waits for a model that loads counts as waiting', async () => {
  upstream.reply(
    raw(
      503,
      { 'content-type': 'application/json' },
      '{"error":{"message":"Loading model","type":"unavailable_error","code":503}}',
    ),
  );
  const streaming = ask('small', { stream: true });
  await expect.poll(async () => readSeries(await scrape(), 'duplex_requests_waiting'), { interval: 20 }).toBe(1);
  await (await streaming).text();
  expect(readSeries(await scrape(), 'duplex_requests_waiting')).toBe(0);
});

test('a bearer of its own opens them, and no other one does', async () => {
  const closed = await startGateway({ env: { METRICS_BEARER: 'scraper-secret' } });
  const get = (shown?: string) =>
    fetch(`${closed.url}/metrics`, shown === undefined ? {} : { headers: { authorization: `Bearer ${shown}` } });
  expect(await errorOf(await get())).toMatchObject({ status: 401, code: 'missing_authorization' });
  expect(await errorOf(await get(bearer))).toMatchObject({ status: 401, code: 'invalid_authorization' });
  expect((await get('scraper-secret')).status).toBe(200);
  await closed.close();
});

test('they are closed where other machines can reach the gateway, and say which setting opens them', async () => {
  const open = await startGateway({ env: { HOST: '0.0.0.0' } });
  const error = await errorOf(await fetch(`${open.url}/metrics`));
  expect(error).toMatchObject({ status: 403, code: 'permission_denied' });
  expect(error.message).toContain('METRICS_BEARER');
  await open.close();
});
