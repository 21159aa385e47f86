import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DialectGateway, startDialects } from '../support/start-dialects.ts';
import { bearer } from '../support/start-gateway.ts';

/** Integers beyond 2^53 and a decimal that JavaScript would round. */
const numbers = ['18446744073709551615', '9007199254740993', '-9007199254740995', '0.12345678901234567891'] as const;
const [maximum, id, lowest, step] = numbers;
const schema = `{"type":"object","properties":{"n":{"type":"integer","minimum":${lowest},"maximum":${maximum},"multipleOf":${step}},"id":{"enum":[${id}],"default":${id}}}}`;
const answerSchema = `{"type":"object","properties":{"n":{"const":${maximum}}},"required":["n"],"additionalProperties":false}`;

const dialects = ['vllm', 'ollama', 'openai-responses', 'anthropic', 'gemini'] as const;

let gateway: DialectGateway;
beforeAll(async () => {
  gateway = await startDialects(dialects);
});
afterAll(() => gateway.close());

const chat = `{"type":"function","function":{"name":"pick","parameters":${schema}}}`;
const flat = `{"type":"function","name":"pick","parameters":${schema}}`;
const own = `{"name":"pick","input_schema":${schema}}`;
const nested = `{"type":"json_schema","json_schema":{"name":"a","schema":${answerSchema}}}`;

const surfaces = {
  '/v1/chat/completions': `"messages":[{"role":"user","content":"Hi"}],"tools":[${chat}]`,
  '/c1/chat': `"message":"Hi","tools":[${chat}]`,
  '/v1/responses': `"input":"Hi","tools":[${flat}]`,
  '/v1/messages': `"max_tokens":50,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"tools":[${own}]`,
};
const paths = Object.keys(surfaces) as (keyof typeof surfaces)[];

const formats = {
  '/v1/chat/completions': `"messages":[{"role":"user","content":"Hi"}],"response_format":${nested}`,
  '/c1/chat': `"message":"Hi","response_format":${nested}`,
  '/v1/responses': `"input":"Hi","text":{"format":{"type":"json_schema","name":"a","schema":${answerSchema}}}`,
  '/v1/messages': `"max_tokens":50,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}],"output_config":{"format":{"type":"json_schema","schema":${answerSchema}}}`,
};

const send = (path: string, body: string): Promise<Response> =>
  fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body,
  });

describe.each(dialects)('to %s', (model) => {
  const lastBody = () => gateway.upstreams[model]?.requests.at(-1)?.body.toString() ?? '';

  test.each(paths)('the numbers in the schema of a tool keep their digits on %s', async (path) => {
    const response = await send(path, `{"model":"${model}",${surfaces[path]}}`);
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    for (const number of numbers) expect(lastBody()).toContain(number);
  });

  test.each(paths)('the numbers in the schema of an answer keep their digits on %s', async (path) => {
    const response = await send(path, `{"model":"${model}",${formats[path]}}`);
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
    expect(lastBody()).toContain(maximum);
  });
});

test('a response repeats the schema of its tools with all digits, now and later', async () => {
  const response = await send('/v1/responses', `{"model":"anthropic",${surfaces['/v1/responses']}}`);
  const text = await response.text();
  for (const number of numbers) expect(text).toContain(number);
  const { id: responseId } = JSON.parse(text);
  const later = await (await gateway.call('GET', `/v1/responses/${responseId}`)).text();
  for (const number of numbers) expect(later).toContain(number);
});

test('a long number elsewhere is read as the nearest number', async () => {
  const body = `{"model":"gemini","temperature":0.69999999999999995559,${surfaces['/v1/chat/completions']}}`;
  expect((await send('/v1/chat/completions', body)).status).toBe(200);
  expect(gateway.upstreams.gemini?.requests.at(-1)?.body.toString()).toContain('"temperature":0.7');
});
