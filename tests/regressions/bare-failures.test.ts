import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { raw } from '../support/upstream/scripts/refusals.ts';

const dialects = ['vllm', 'openai-responses', 'anthropic', 'gemini'] as const;

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const message = 'Bad field foo';
const forms = {
  'an envelope of its own': { object: 'error', message, type: 'invalid_request_error', code: 400 },
  'the fields of an error event': { type: 'error', code: 'invalid_request_error', message },
  'the detail of a web framework': { detail: message, type: 'invalid_request_error' },
  "MiniMax's envelope": { id: 'x', choices: null, base_resp: { status_code: 400, status_msg: message } },
  'an envelope with error_code and error_msg': { error_code: 400, error_msg: message },
  'an envelope that says success: false': { success: false, code: '400', msg: message },
  "OpenAI's envelope": { error: { code: 400, message, type: 'invalid_request_error' } },
};

const types = ['application/json', 'text/event-stream'] as const;

describe.each(dialects)('a fault of the client that %s reports with the status 200', (model) => {
  test.each(Object.entries(forms))('in %s is that fault, and is sent once', async (_name, body) => {
    for (const type of types) {
      for (const stream of [false, true]) {
        const text = JSON.stringify(body);
        gateway.upstreams[model]?.reply(
          raw(200, { 'content-type': type }, type === types[0] ? text : `data: ${text}\n\n`),
        );
        const before = gateway.upstreams[model]?.chats.length ?? 0;
        const messages = [{ role: 'user', content: 'Hi' }];
        const response = await gateway.call('POST', '/v1/chat/completions', { model, stream, messages });
        expect(await errorOf(response)).toMatchObject({ status: 400, code: 'upstream_rejected', message });
        expect(gateway.upstreams[model]?.chats.length).toBe(before + 1);
      }
    }
  });
});
