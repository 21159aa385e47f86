import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { htmlError } from '../support/upstream/scripts/refusals.ts';
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

const ask = (model = 'small') =>
  gateway.call('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Hi' }] });

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

test('names that clients make up, keys and addresses become no label', async () => {
  await (await ask('gpt-made-up-17')).text();
  await (await ask('nobody-knows-this-model')).text();
  await (await gateway.call('GET', '/made/up/address')).text();
  const text = await scrape();
  expect(readSeries(text, OK)).toBe(2);
  for (const word of ['made-up', 'nobody', 'made/up', bearer]) expect(text).not.toContain(word);
  expect(readSeries(text, 'duplex_http_responses_total{operation="GET unknown",status="404"}')).toBe(1);
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
