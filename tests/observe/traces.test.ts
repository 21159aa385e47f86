import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient } from '../clients/support.ts';
import type { ReceivedSpan } from '../support/otlp/read-spans.ts';
import { type Collector, startCollector } from '../support/otlp/start-collector.ts';
import { bearer, type Gateway, startGateway } from '../support/start-gateway.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { endlessStream } from '../support/upstream/scripts/failures.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

const question = 'the-words-of-a-private-question';
const reply = 'the-words-of-a-private-answer';
const upstreamKey = 'sk-upstream-secret-5f3c9a0e7b1d4c62';
const collectorKey = 'collector-secret-0123456789';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${parentId}-01`;

let upstreams: readonly ScriptedUpstream[];
let collector: Collector;
let gateway: Gateway;

const openGateway = (env: Record<string, string>): Promise<Gateway> =>
  startGateway({
    models: `providers:
  gpu1: { kind: openai-compatible, base_url: "${upstreams[0]?.url}", api_key_env: UPSTREAM_KEY }
  cloud: { kind: anthropic, base_url: "${upstreams[1]?.url}", api_key_env: UPSTREAM_KEY }
models:
  - alias: chain
    price: { input: 10, output: 30 }
    backends: [{ provider: gpu1, model: m }, { provider: cloud, model: claude }]
  - { alias: free, backends: [{ provider: gpu1, model: m }] }
`,
    env: {
      UPSTREAM_KEY: upstreamKey,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${collectorKey}`,
      CIRCUIT_FAILURES: '1000',
      ...env,
    },
  });

beforeAll(async () => {
  collector = await startCollector();
  upstreams = await Promise.all([
    startUpstream({ apiKey: upstreamKey, fallback: say(reply) }),
    startUpstream({ apiKey: upstreamKey, dialect: 'anthropic', fallback: say(reply) }),
  ]);
  gateway = await openGateway({});
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([collector.close(), ...upstreams.map((upstream) => upstream.close())]);
});

const chat = (fields: object = {}) => ({
  model: 'chain',
  messages: [{ role: 'user', content: question }],
  ...fields,
});
const ask = (fields: object = {}, headers: Record<string, string> = {}) =>
  gateway.call('POST', '/v1/chat/completions', chat(fields), headers);

const spansOf = (requestId: string | null): readonly ReceivedSpan[] => {
  const own = collector.spans.find(({ attributes }) => attributes['duplex.request_id'] === requestId);
  return own ? [own, ...collector.spans.filter(({ parentSpanId }) => parentSpanId === own.spanId)] : [];
};

/** The span of a request, and those of its attempts in order, once they are there. */
async function receive(requestId: string | null): Promise<[ReceivedSpan, ...ReceivedSpan[]]> {
  await expect.poll(() => spansOf(requestId).length).toBeGreaterThan(0);
  const [span, ...attempts] = spansOf(requestId);
  if (!span) throw new Error('There is no span.');
  return [span, ...attempts.toSorted((a, b) => a.start - b.start)];
}

const idOf = (response: Response) => response.headers.get('x-request-id');

test('a request is a span with a child for its attempt, in the conventions for generative AI', async () => {
  const response = await ask();
  expect(response.status).toBe(200);
  const [span, attempt, ...more] = await receive(idOf(response));
  expect(more).toEqual([]);
  expect(span).toMatchObject({ name: 'v1.chat chain', kind: 2, parentSpanId: '', status: 0 });
  expect(span.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'chain',
    'gen_ai.response.model': 'm',
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.usage.output_tokens': expect.any(Number),
    'gen_ai.usage.cost': expect.any(Number),
    'duplex.operation': 'v1.chat',
  });
  expect(span.attributes['gen_ai.usage.cost']).toBeGreaterThan(0);
  expect(attempt).toMatchObject({ name: 'chat m', kind: 3, traceId: span.traceId, status: 0 });
  expect(attempt?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'm',
    'duplex.backend': 'gpu1/m',
  });
  expect(span.resource).toMatchObject({ 'service.name': 'duplex', 'service.version': '0.0.0-test' });
});

test("the client's trace goes on in ours, and ours upstream", async () => {
  const response = await ask({}, { traceparent, tracestate: 'vendor=1' });
  const [span, attempt] = await receive(idOf(response));
  expect(span).toMatchObject({ traceId, parentSpanId: parentId });
  const sent = upstreams[0]?.chats.at(-1)?.headers;
  expect(sent?.traceparent).toBe(`00-${traceId}-${attempt?.spanId}-01`);
  expect(sent?.tracestate).toBe('vendor=1');
});

test('what a client leaves out of its samples is traced nowhere', async () => {
  const left = await ask({}, { traceparent: `00-${traceId}-${parentId}-00` });
  await receive(idOf(await ask()));
  expect(spansOf(idOf(left))).toEqual([]);
  expect(upstreams[0]?.chats.at(-2)?.headers.traceparent).toMatch(/-00$/);
});

test('a stream tells when its first token came, within its span', async () => {
  const response = await ask({ stream: true });
  await response.text();
  const [span, attempt] = await receive(idOf(response));
  for (const one of [span, attempt]) {
    const [event] = one?.events ?? [];
    expect(event?.name).toBe('gen_ai.first_token');
    expect(event?.at).toBeLessThanOrEqual(one?.end ?? 0);
    expect(one?.attributes['gen_ai.response.time_to_first_chunk']).toEqual(expect.any(Number));
  }
});

test('each attempt of a failing chain is a child with the code of its failure', async () => {
  upstreams[0]?.reply(raw(503, {}, 'no'));
  const response = await ask();
  expect(response.status).toBe(200);
  const [span, first, second] = await receive(idOf(response));
  expect(first).toMatchObject({ status: 2, attributes: { 'duplex.backend': 'gpu1/m' } });
  expect(first?.attributes['error.type']).toBe('upstream_unavailable');
  expect(second).toMatchObject({ status: 0, attributes: { 'gen_ai.provider.name': 'anthropic' } });
  expect(upstreams[1]?.chats.at(-1)?.headers.traceparent).toBe(`00-${span.traceId}-${second?.spanId}-01`);
  expect(span.status).toBe(0);
});

test('a request that costs nothing has no cost, so that the type of the field is always that of costs', async () => {
  const [span, attempt] = await receive(idOf(await ask({ model: 'free' })));
  for (const one of [span, attempt]) {
    expect(one?.attributes['gen_ai.usage.output_tokens']).toEqual(expect.any(Number));
    expect(one?.attributes).not.toHaveProperty('gen_ai.usage.cost');
  }
});

test('a chain that fails as a whole is an error', async () => {
  for (const upstream of upstreams) upstream.reply(raw(503, {}, 'no'));
  const response = await ask();
  expect(response.status).toBeGreaterThanOrEqual(500);
  const [span, ...attempts] = await receive(idOf(response));
  expect(span.status).toBe(2);
  expect(span.attributes['error.type']).toBe((await response.json()).error.code);
  expect(attempts).toHaveLength(2);
});

test('a stream that its client gives up ends its spans, and is no error', async () => {
  upstreams[0]?.reply(endlessStream());
  const leaving = new AbortController();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(chat({ stream: true })),
    signal: leaving.signal,
  });
  await response.body?.getReader().read();
  leaving.abort();
  const [span, attempt] = await receive(idOf(response));
  expect(span).toMatchObject({ status: 0, attributes: { 'duplex.cancelled': true } });
  expect(attempt?.parentSpanId).toBe(span.spanId);
});

test('a subscription on a websocket is a request like any other', async () => {
  const { client } = connectClient(gateway);
  try {
    const before = collector.spans.length;
    for await (const _chunk of client.streamChat({ model: 'chain', messages: [{ role: 'user', content: question }] }));
    await expect
      .poll(() => collector.spans.slice(before).map(({ name }) => name))
      .toEqual(expect.arrayContaining(['v1.chat chain', 'chat m']));
  } finally {
    await client.close();
  }
});

test('a request that is refused is a span with its code', async () => {
  const response = await ask({ model: 'unknown' });
  const [span] = await receive(idOf(response));
  // Only faults of the server are errors of a server's span.
  expect(span).toMatchObject({ status: 0, attributes: { 'http.response.status_code': 400 } });
  expect(span.attributes['error.type']).toBe('model_not_in_allowlist');
});

test('other surfaces are spans, too', async () => {
  for (const [path, body] of [
    ['/c1/chat', { model: 'chain', message: question }],
    ['/v1/responses', { model: 'chain', input: question }],
    ['/v1/messages', { model: 'chain', max_tokens: 10, messages: [{ role: 'user', content: question }] }],
  ] as const) {
    const response = await gateway.call('POST', path, body);
    expect(response.status).toBe(200);
    const [span, attempt] = await receive(idOf(response));
    expect(span.attributes['gen_ai.operation.name']).toBe('chat');
    expect(attempt?.attributes['gen_ai.usage.output_tokens']).toEqual(expect.any(Number));
  }
});

test('neither keys nor the content of messages reach the collector', async () => {
  upstreams[0]?.reply(raw(400, {}, `Refused: ${question} ${upstreamKey}`));
  const response = await ask();
  await receive(idOf(response));
  const all = collector.bytes().toString('latin1');
  for (const secret of [question, reply, upstreamKey, bearer, collectorKey]) expect(all).not.toContain(secret);
  expect(collector.headers.at(-1)).toMatchObject({ 'x-api-key': collectorKey });
});

describe('with TRACE_CONTENT=on, as JSON', () => {
  let open: Gateway;
  beforeAll(async () => {
    open = await openGateway({ TRACE_CONTENT: 'on', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
  });
  afterAll(() => open.close());

  test.each([false, true])(
    'the messages and the answer are attributes (stream: %s), and keys are not',
    async (stream) => {
      const response = await open.call('POST', '/v1/chat/completions', chat({ stream }));
      await response.text();
      const [span] = await receive(idOf(response));
      expect(JSON.parse(String(span.attributes['gen_ai.input.messages']))).toEqual([
        { role: 'user', parts: [{ type: 'text', content: question }] },
      ]);
      expect(JSON.parse(String(span.attributes['gen_ai.output.messages']))).toEqual([
        { role: 'assistant', parts: [{ type: 'text', content: reply }], finish_reason: 'stop' },
      ]);
      const all = collector.bytes().toString();
      for (const secret of [upstreamKey, bearer, collectorKey]) expect(all).not.toContain(secret);
    },
  );
});
