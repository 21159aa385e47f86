import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PolicyGateway, startPolicy } from '../support/start-policy.ts';

let gateway: PolicyGateway;
beforeAll(async () => {
  gateway = await startPolicy();
});
afterAll(() => gateway.close());

const hi = [{ role: 'user', content: 'Hi' }];
const nested = (schema: object) => ({ type: 'object', properties: { a: { anyOf: [{ type: 'string' }, schema] } } });

/** Where a key can give a schema: the path, the request, and where the schema stands in it. */
const places: Readonly<Record<string, (schema: object) => { path: string; body: object; at: string }>> = {
  'the parameters of a tool': (schema) => ({
    path: '/v1/chat/completions',
    body: { messages: hi, tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] },
    at: 'tools[0].function.parameters',
  }),
  'a tool of a turn': (schema) => ({
    path: '/c1/chat',
    body: { message: 'Hi', tools: [{ type: 'function', function: { name: 'f', parameters: schema } }] },
    at: 'tools[0].function.parameters',
  }),
  'a tool of a message': (schema) => ({
    path: '/v1/messages',
    body: { messages: hi, max_tokens: 10, tools: [{ name: 'f', input_schema: schema }] },
    at: 'tools[0]',
  }),
  'a tool of a response': (schema) => ({
    path: '/v1/responses',
    body: { input: 'Hi', tools: [{ type: 'function', name: 'f', parameters: schema }] },
    at: 'tools[0]',
  }),
  'the format of a chat': (schema) => ({
    path: '/v1/chat/completions',
    body: { messages: hi, response_format: { type: 'json_schema', json_schema: { name: 'a', schema } } },
    at: 'response_format.json_schema.schema',
  }),
  'the format of a response': (schema) => ({
    path: '/v1/responses',
    body: { input: 'Hi', text: { format: { type: 'json_schema', name: 'a', schema } } },
    at: '',
  }),
  guided_json: (schema) => ({
    path: '/v1/chat/completions',
    body: { messages: hi, guided_json: schema },
    at: 'guided_json',
  }),
  'guided_json of a completion': (schema) => ({
    path: '/v1/completions',
    body: { prompt: 'Hi', guided_json: schema },
    at: 'guided_json',
  }),
  'guided_json as a text': (schema) => ({
    path: '/v1/chat/completions',
    body: { messages: hi, guided_json: JSON.stringify(schema) },
    at: 'guided_json',
  }),
  structured_outputs: (schema) => ({
    path: '/v1/chat/completions',
    body: { messages: hi, structured_outputs: { json: schema } },
    at: 'structured_outputs.json',
  }),
  'structured_outputs as a text': (schema) => ({
    path: '/v1/chat/completions',
    body: { messages: hi, structured_outputs: { json: ` ${JSON.stringify(schema)}` } },
    at: 'structured_outputs.json',
  }),
};

async function ask(path: string, body: object) {
  const before = gateway.count();
  const response = await gateway.asKey(path, { model: 'own', ...body });
  const { error } = await response.json();
  return { status: response.status, error, sent: gateway.count() - before };
}

describe.each(Object.entries(places))('%s', (_, place) => {
  test.each([
    ['an address', { $ref: 'http://inner.example/schema.json' }],
    ['an address without a scheme', { $ref: '//inner.example/schema.json' }],
    ['a file', { $ref: 'file:///etc/passwd' }],
    ['a path', { $ref: '../secrets.json#/a' }],
    ['a dynamic one', { $dynamicRef: 'https://inner.example/#a' }],
    ['an address in another case', { $REF: 'http://inner.example/schema.json' }],
  ])('cannot refer to %s', async (_, reference) => {
    const { path, body, at } = place(nested(reference));
    const { status, error, sent } = await ask(path, body);
    expect([status, error?.code, sent]).toEqual([400, 'image_url_not_supported', 0]);
    expect(error.param.startsWith(at)).toBe(true);
  });

  test('can refer to itself, and have a field of that name', async () => {
    const { path, body } = place({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      $defs: { a: { type: 'string' } },
      properties: { $ref: { type: 'string' }, b: { $ref: '#/$defs/a' }, c: { $ref: '#' } },
    });
    const { status, error, sent } = await ask(path, body);
    expect([status, error?.message ?? null, sent]).toEqual([200, null, 1]);
  });
});

test('a schema as a text that is no JSON is refused', async () => {
  const { error } = await ask('/v1/chat/completions', { messages: hi, guided_json: '{"a":NaN,"$ref":"http://x"}' });
  expect([error.code, error.param]).toEqual(['invalid_field', 'guided_json']);
});
