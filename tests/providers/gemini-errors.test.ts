import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { payloadsOf } from '../support/read-events.ts';
import { type ScriptedGateway, startScripted, upstreamKey } from '../support/start-scripted.ts';
import type { RefusalKind } from '../support/upstream/dialects/dialect.ts';
import { answer, say } from '../support/upstream/scripts/answers.ts';
import { endWithoutFinish, errorInStream } from '../support/upstream/scripts/failures.ts';
import { errorBodyWith200, raw, refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ kind: 'gemini', upstream: { dialect: 'gemini' }, env: { MODEL_WAIT_SECONDS: '0' } });
});
afterAll(() => gateway.close());

const ask = (fields: object = {}) =>
  gateway.call('POST', '/v1/chat/completions', {
    model: 'scripted',
    messages: [{ role: 'user', content: 'Hi' }],
    ...fields,
  });
const json = (status: number, body: unknown) =>
  raw(status, { 'content-type': 'application/json; charset=UTF-8' }, JSON.stringify(body));
const google = (code: number, status: string, message: string) => ({ error: { code, status, message } });

/** The error that ends a stream. */
async function streamError() {
  const last = payloadsOf(await (await ask({ stream: true })).text()).at(-1) ?? '';
  return JSON.parse(last).error;
}

describe('what the upstream refuses', () => {
  const kinds: [RefusalKind, string][] = [
    ['bad-request', 'upstream_rejected'],
    ['context-overflow', 'context_length_exceeded'],
    ['unauthorized', 'upstream_refused'],
    ['unknown-model', 'upstream_refused'],
    ['rate-limited', 'model_quota_exhausted'],
    ['server-error', 'upstream_broken'],
    ['unavailable', 'model_busy'],
  ];
  test.each(kinds)('%s is %s, whole and streamed', async (kind, code) => {
    gateway.upstream.reply(refuse(kind), refuse(kind));
    expect((await errorOf(await ask())).code).toBe(code);
    expect((await errorOf(await ask({ stream: true }))).code).toBe(code);
  });

  test('keeps the message of the upstream when the request is at fault', async () => {
    gateway.upstream.reply(refuse('bad-request'));
    expect((await errorOf(await ask())).message).toContain('Unknown name "contentz"');
  });

  test('says in its details when to retry', async () => {
    gateway.upstream.reply(refuse('rate-limited'), refuse('rate-limited', { 'retry-after': '3' }));
    expect((await ask()).headers.get('retry-after')).toBe('7');
    expect((await ask()).headers.get('retry-after')).toBe('3');
  });

  test('may come in a list of one', async () => {
    gateway.upstream.reply(json(400, [google(400, 'INVALID_ARGUMENT', 'Bad thing.')]));
    expect(await errorOf(await ask())).toMatchObject({ code: 'upstream_rejected', message: 'Bad thing.' });
  });

  test("because of the gateway's location is not the fault of the client", async () => {
    gateway.upstream.reply(json(400, google(400, 'FAILED_PRECONDITION', 'User location is not supported.')));
    expect((await errorOf(await ask())).code).toBe('upstream_refused');
  });

  test("never shows a key, not even in Google's form", async () => {
    const key = 'AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY';
    gateway.upstream.reply(
      json(400, google(400, 'INVALID_ARGUMENT', `Consumer 'api_key:${key}' is not ${upstreamKey}.`)),
    );
    const { message } = await errorOf(await ask());
    expect(message).not.toContain('SyD-9tSrke72');
    expect(message).not.toContain(upstreamKey);
  });

  test('with a key that is not valid is the fault of the gateway', async () => {
    const other = await startScripted({
      kind: 'gemini',
      upstream: { dialect: 'gemini' },
      env: { UPSTREAM_KEY: 'another-key-0123' },
    });
    const messages = [{ role: 'user', content: 'Hi' }];
    const response = await other.call('POST', '/v1/chat/completions', { model: 'scripted', messages });
    expect((await errorOf(response)).code).toBe('upstream_refused');
    await other.close();
  });
});

describe('a response that is not an answer', () => {
  test.each([
    ['an error with the status 200', errorBodyWith200('unavailable'), 'model_busy'],
    ['a quota error with the status 200', errorBodyWith200('rate-limited'), 'model_quota_exhausted'],
    ['no candidate', json(200, { usageMetadata: { promptTokenCount: 1 } }), 'upstream_broken'],
    ['neither a finish reason nor a part', json(200, { candidates: [{ content: { parts: [] } }] }), 'upstream_broken'],
    [
      'a list of events without a finish reason',
      json(200, [{ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }]),
      'upstream_broken',
    ],
    ['a list', json(200, []), 'upstream_broken'],
    ['parts that are none', json(200, { candidates: [{ content: { parts: [7] } }] }), 'upstream_broken'],
    [
      'audio that nobody asked for',
      json(200, { candidates: [{ content: { parts: [{ inlineData: { mimeType: 'audio/L16', data: 'AA==' } }] } }] }),
      'upstream_broken',
    ],
  ])('%s is an error', async (_what, script, code) => {
    gateway.upstream.reply(script);
    expect((await errorOf(await ask())).code).toBe(code);
  });

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'NO_IMAGE', 'OTHER', 'SOMETHING_NEW'])(
    '%s is a failure that says so',
    async (finish) => {
      gateway.upstream.reply(answer({ finish }), answer({ finish }));
      for (const stream of [false, true]) {
        const error = await errorOf(await ask({ stream }));
        expect(error.code).toBe('upstream_broken');
        expect(error.message).toContain(finish);
      }
    },
  );
});

describe('a stream that breaks', () => {
  test('by an error event ends with that error', async () => {
    gateway.upstream.reply(errorInStream({ tokens: 2 }));
    const text = await (await ask({ stream: true })).text();
    expect(text).toContain(' two');
    expect(text).not.toContain('[DONE]');
    expect(JSON.parse(payloadsOf(text).at(-1) ?? '').error.code).toBe('upstream_broken');
  });

  test('by an event that says overloaded, or out of quota, says which', async () => {
    const quota = google(429, 'RESOURCE_EXHAUSTED', 'Out of quota.');
    gateway.upstream.reply(errorInStream({ event: google(503, 'UNAVAILABLE', 'Overloaded.') }));
    expect((await streamError()).code).toBe('model_busy');
    gateway.upstream.reply(errorInStream({ event: quota }));
    expect((await streamError()).code).toBe('model_quota_exhausted');
  });

  test('by an error that is not an event, as Google also sends it, is not taken for an end', async () => {
    const bare = { text: `${JSON.stringify(google(503, 'UNAVAILABLE', 'Overloaded.'))}\n`, token: false };
    gateway.upstream.reply(say('One two', { edit: (frames) => [...frames.slice(0, 1), bare] }));
    expect((await streamError()).code).toBe('upstream_broken');
  });

  test('before its finish reason is not taken for complete', async () => {
    gateway.upstream.reply(endWithoutFinish());
    expect((await streamError()).code).toBe('upstream_broken');
  });

  test('before the last candidate has finished is not taken for complete', async () => {
    gateway.upstream.reply(say('One two', { edit: (frames) => frames.slice(0, -1) }));
    const text = await (await ask({ stream: true, n: 2 })).text();
    expect(JSON.parse(payloadsOf(text).at(-1) ?? '').error.code).toBe('upstream_broken');
  });
});

test('the health of the upstream costs no tokens', async () => {
  expect((await gateway.call('GET', '/readyz')).status).toBe(200);
  expect(gateway.upstream.requests.at(-1)).toMatchObject({ method: 'GET', path: '/v1beta/models' });
});
