import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { bearer } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';

const chat = '/v1/chat/completions';
const png = 'data:image/png;base64,iVBORw0KGgo=';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScripted({ aliases: ['scripted', 'other'] });
});
afterAll(() => gateway.close());

const base = { model: 'scripted', messages: [{ role: 'user', content: 'Hi' }] };
const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const image = (url: unknown) =>
  user([
    { type: 'text', text: 'What is it?' },
    { type: 'image_url', image_url: { url } },
  ]);

/** Refused, and nothing of it reached the upstream. */
async function refused(path: string, body: unknown) {
  const seen = gateway.upstream.requests.length;
  const { code, param } = await errorOf(await gateway.call('POST', path, body));
  expect(gateway.upstream.requests.length).toBe(seen);
  return [code, param];
}

describe('POST /v1/chat/completions names the field at fault', () => {
  test.each([
    ['no model', { model: undefined }, 'missing_field', 'model'],
    ['no messages', { messages: undefined }, 'missing_field', 'messages'],
    ['an empty model', { model: '' }, 'invalid_field', 'model'],
    ['a model that is no string', { model: 5 }, 'invalid_field', 'model'],
    ['a model that is null', { model: null }, 'invalid_field', 'model'],
    ['an unknown alias', { model: 'gpt-2' }, 'model_not_in_allowlist', 'model'],
    ['the upstream name of a model', { model: 'test-model' }, 'model_not_in_allowlist', 'model'],
    ['a name of Object.prototype', { model: 'constructor' }, 'model_not_in_allowlist', 'model'],
    ['__proto__ as the model', { model: '__proto__' }, 'model_not_in_allowlist', 'model'],
    ['no message at all', { messages: [] }, 'invalid_field', 'messages'],
    ['messages that are a text', { messages: 'Hi' }, 'invalid_field', 'messages'],
    ['messages that are an object', { messages: {} }, 'invalid_field', 'messages'],
    ['a message that is a text', { messages: ['Hi'] }, 'invalid_field', 'messages[0]'],
    ['a message without a role', { messages: [{ content: 'Hi' }] }, 'missing_field', 'messages[0].role'],
    ['an unknown role', { messages: [{ role: 'king', content: 'Hi' }] }, 'invalid_field', 'messages[0].role'],
    ['a content that is a number', user(5), 'invalid_field', 'messages[0].content'],
    ['a content that is an object', user({ text: 'Hi' }), 'invalid_field', 'messages[0].content'],
    ['a part that is a text', user(['Hi']), 'invalid_field', 'messages[0].content[0]'],
    ['a part without a type', user([{ text: 'Hi' }]), 'missing_field', 'messages[0].content[0].type'],
    ['a text part without text', user([{ type: 'text' }]), 'missing_field', 'messages[0].content[0].text'],
    ['a text that is a number', user([{ type: 'text', text: 5 }]), 'invalid_field', 'messages[0].content[0].text'],
    ['an image without its object', user([{ type: 'image_url' }]), 'missing_field', 'messages[0].content[0].image_url'],
    [
      'an image_url that is a text',
      user([{ type: 'image_url', image_url: png }]),
      'invalid_field',
      'messages[0].content[0].image_url',
    ],
    [
      'an image without its url',
      user([{ type: 'image_url', image_url: {} }]),
      'missing_field',
      'messages[0].content[0].image_url.url',
    ],
    ['an image whose url is a number', image(5), 'invalid_field', 'messages[0].content[1].image_url.url'],
    ['an http image', image('http://x/y.png'), 'image_url_not_supported', 'messages[0].content[1].image_url.url'],
    ['a file image', image('file:///etc/passwd'), 'image_url_not_supported', 'messages[0].content[1].image_url.url'],
    ['a relative image', image('photo.jpg'), 'image_url_not_supported', 'messages[0].content[1].image_url.url'],
    ['an empty image', image(''), 'image_url_not_supported', 'messages[0].content[1].image_url.url'],
    [
      'an image that only looks inline',
      image(' data:image/png;base64,AA'),
      'image_url_not_supported',
      'messages[0].content[1].image_url.url',
    ],
    [
      'an image without data',
      image('data:image/png;base64,'),
      'image_decode_error',
      'messages[0].content[1].image_url.url',
    ],
    [
      'an image that is not base64',
      image('data:image/png;base64,###'),
      'image_decode_error',
      'messages[0].content[1].image_url.url',
    ],
    [
      'an image with line breaks',
      image('data:image/png;base64,AAAA\nAAAA'),
      'image_decode_error',
      'messages[0].content[1].image_url.url',
    ],
    [
      'an image without base64',
      image('data:image/png,hello'),
      'image_decode_error',
      'messages[0].content[1].image_url.url',
    ],
    [
      'an image that is a text',
      image('data:text/html;base64,AAAA'),
      'image_decode_error',
      'messages[0].content[1].image_url.url',
    ],
    ['half an image', image('data:image/png;base64,A'), 'image_decode_error', 'messages[0].content[1].image_url.url'],
    [
      'audio for a model without ears',
      user([{ type: 'input_audio', input_audio: {} }]),
      'modality_not_supported',
      'messages[0].content[0]',
    ],
    [
      'a video by address',
      user([{ type: 'video_url', video_url: { url: 'http://x' } }]),
      'invalid_field',
      'messages[0].content[0].video_url.url',
    ],
    ['a temperature that is a text', { temperature: '0.5' }, 'invalid_field', 'temperature'],
    ['a temperature beyond its range', { temperature: 3 }, 'invalid_field', 'temperature'],
    ['max_tokens 0', { max_tokens: 0 }, 'invalid_field', 'max_tokens'],
    ['a fraction of a token', { max_tokens: 1.5 }, 'invalid_field', 'max_tokens'],
    ['a stream that is a text', { stream: 'true' }, 'invalid_field', 'stream'],
    ['a stream that is a number', { stream: 1 }, 'invalid_field', 'stream'],
    ['stream options that are a text', { stream_options: 'usage' }, 'invalid_field', 'stream_options'],
    [
      'a usage that is a text',
      { stream_options: { include_usage: 'yes' } },
      'invalid_field',
      'stream_options.include_usage',
    ],
    ['n 0', { n: 0 }, 'invalid_field', 'n'],
    ['stop words that are numbers', { stop: ['a', 5] }, 'invalid_field', 'stop[1]'],
    ['tools that are an object', { tools: {} }, 'invalid_field', 'tools'],
    ['a tool without a type', { tools: [{ function: { name: 'f' } }] }, 'missing_field', 'tools[0].type'],
    [
      'a tool without a name',
      { tools: [{ type: 'function', function: {} }] },
      'missing_field',
      'tools[0].function.name',
    ],
    ['a tool choice that is unknown', { tool_choice: 'maybe' }, 'invalid_field', 'tool_choice'],
    ['a tool choice without a type', { tool_choice: {} }, 'missing_field', 'tool_choice.type'],
    ['a response format that is a text', { response_format: 'json' }, 'invalid_field', 'response_format'],
    [
      'a tool call without an id',
      { messages: [{ role: 'assistant', tool_calls: [{ type: 'function' }] }] },
      'missing_field',
      'messages[0].tool_calls[0].id',
    ],
  ])('%s', async (_what, fields, code, param) => {
    expect(await refused(chat, { ...base, ...fields })).toEqual([code, param]);
  });

  test('the fault of the third message is found behind two good ones', async () => {
    const messages = [...base.messages, { role: 'assistant', content: 'Yes?' }, ...image('https://x/y.png').messages];
    expect(await refused(chat, { ...base, messages })).toEqual([
      'image_url_not_supported',
      'messages[2].content[1].image_url.url',
    ]);
  });

  test('a fault deep inside megabytes of a good image is still found', async () => {
    const url = `data:image/png;base64,${'A'.repeat(3_000_000)}###`;
    expect(await refused(chat, { ...base, ...image(url) })).toEqual([
      'image_decode_error',
      'messages[0].content[1].image_url.url',
    ]);
  });

  test('a message names no secret and stays short, however long the field is', async () => {
    const error = await errorOf(await gateway.call('POST', chat, { ...base, model: 'x'.repeat(100_000) }));
    expect(error.message.length).toBeLessThan(500);
  });
});

describe('POST /c1/chat names the field at fault', () => {
  test.each([
    ['no model', { model: undefined }, 'missing_field', 'model'],
    ['an unknown alias', { model: 'gpt-2' }, 'model_not_in_allowlist', 'model'],
    ['no message', { message: undefined }, 'missing_field', 'message'],
    ['an empty message', { message: '' }, 'missing_field', 'message'],
    ['no parts', { message: [] }, 'missing_field', 'message'],
    ['a message that is a number', { message: 5 }, 'invalid_field', 'message'],
    ['a text part without text', { message: [{ type: 'text' }] }, 'missing_field', 'message[0].text'],
    [
      'an http image in a part',
      { message: [{ type: 'image_url', image_url: { url: 'http://x' } }] },
      'image_url_not_supported',
      'message[0].image_url.url',
    ],
    [
      'an http image in the shortcut',
      { images: [{ url: png }, { url: 'http://x' }] },
      'image_url_not_supported',
      'images[1].url',
    ],
    [
      'a broken image in the shortcut',
      { images: [{ url: 'data:image/png;base64,#' }] },
      'image_decode_error',
      'images[0].url',
    ],
    ['a shortcut that is a text', { images: png }, 'invalid_field', 'images'],
    ['a shortcut of texts', { images: [png] }, 'invalid_field', 'images[0]'],
    ['an unknown provider', { provider: 'nobody' }, 'invalid_field', 'provider'],
    ['an unknown conversation', { conversation_id: 'conv_none' }, 'conversation_not_found', 'conversation_id'],
    ['an empty conversation', { conversation_id: '' }, 'invalid_field', 'conversation_id'],
    ['a conversation that is a number', { conversation_id: 5 }, 'invalid_field', 'conversation_id'],
    ['a user that is too long', { user_id: 'u'.repeat(257) }, 'invalid_field', 'user_id'],
    [
      'a tool result without its call',
      { tool_results: [{ content: '1' }] },
      'missing_field',
      'tool_results[0].tool_call_id',
    ],
    [
      'a tool result without content',
      { tool_results: [{ tool_call_id: 'a' }] },
      'missing_field',
      'tool_results[0].content',
    ],
    [
      'a malformed part in a tool result',
      { tool_results: [{ tool_call_id: 'a', content: [{ type: 'text' }] }] },
      'missing_field',
      'tool_results[0].content[0].text',
    ],
    [
      'an http image in a tool result',
      { tool_results: [{ tool_call_id: 'a', content: [{ type: 'image_url', image_url: { url: 'http://x' } }] }] },
      'image_url_not_supported',
      'tool_results[0].content[0].image_url.url',
    ],
    [
      'a tool result of no call',
      { tool_results: [{ tool_call_id: 'a', content: '1' }] },
      'invalid_field',
      'tool_results[0].tool_call_id',
    ],
    ['a stream that is a text', { stream: 'yes' }, 'invalid_field', 'stream'],
    ['a temperature that is a text', { temperature: 'hot' }, 'invalid_field', 'temperature'],
  ])('%s', async (_what, fields, code, param) => {
    const before = await (await gateway.call('GET', '/c1/conversations')).json();
    expect(await refused('/c1/chat', { model: 'scripted', message: 'Hi', ...fields })).toEqual([code, param]);
    // Nothing of a refused turn is stored.
    expect(await (await gateway.call('GET', '/c1/conversations')).json()).toEqual(before);
  });
});

describe('the conversations', () => {
  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['limit=1e3', 'limit'],
    ['limit=NaN', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=x', 'offset'],
    ['q=', 'q'],
    [`q=${'x'.repeat(501)}`, 'q'],
    ['user_id=', 'user_id'],
  ])('are not listed with %s', async (query, param) => {
    const error = await errorOf(await gateway.call('GET', `/c1/conversations?${query}`));
    expect(error).toMatchObject({ code: 'invalid_field', param });
  });

  test('are listed with good numbers, and unknown parameters are of no account', async () => {
    const list = await (await gateway.call('GET', '/c1/conversations?limit=5&offset=3&what=ever')).json();
    expect(list).toMatchObject({ items: [], limit: 5, offset: 3 });
  });

  test.each(['GET', 'PATCH', 'DELETE'])('%s of an unknown one is 404 conversation_not_found', async (method) => {
    const body = method === 'PATCH' ? { title: 'Mine' } : undefined;
    const error = await errorOf(await gateway.call(method, '/c1/conversations/conv_none', body));
    expect(error).toMatchObject({ code: 'conversation_not_found', param: 'conversation_id' });
  });

  test('a title that is a number, or too long, is refused', async () => {
    for (const title of [5, 'x'.repeat(501)]) {
      const error = await errorOf(await gateway.call('PATCH', '/c1/conversations/conv_none', { title }));
      expect(error).toMatchObject({ code: 'invalid_field', param: 'title' });
    }
  });

  test('the id in the address wins over one in the body', async () => {
    const created = await gateway.call('POST', '/c1/chat', { model: 'scripted', message: 'Hi' });
    const id = created.headers.get('x-conversation-id');
    const error = await errorOf(
      await gateway.call('PATCH', '/c1/conversations/conv_none', { conversation_id: id, title: 'Stolen' }),
    );
    expect(error.code).toBe('conversation_not_found');
  });

  test('an id full of SQL and control characters is only an unknown id', async () => {
    for (const id of ["' OR 1=1 --", 'a\u0000b', '..%2f..', '%']) {
      const error = await errorOf(await gateway.call('GET', `/c1/conversations/${encodeURIComponent(id)}`));
      expect(error.code).toBe('conversation_not_found');
    }
  });

  test('a search of operators and quotes is only a search', async () => {
    for (const q of ['"', 'AND', 'a OR', '*', 'NEAR(', '(', "'; DROP TABLE x", '\u0000', '-', '^x', 'text:x']) {
      const response = await gateway.call('GET', `/c1/conversations?q=${encodeURIComponent(q)}`);
      expect([q, response.status]).toEqual([q, 200]);
    }
  });
});

describe('an object that means harm', () => {
  test('__proto__ keys never become a prototype', async () => {
    const body = `{"model":"scripted","messages":[{"role":"user","content":"Hi","__proto__":{"polluted":1}}],"__proto__":{"stream":true,"polluted":1},"constructor":{"prototype":{"polluted":1}}}`;
    const response = await gateway.call('POST', chat, body);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect((await response.json()).object).toBe('chat.completion');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('__proto__ does not stand in for a missing field', async () => {
    const error = await errorOf(
      await gateway.call(
        'POST',
        chat,
        '{"messages":[{"role":"user","content":"Hi"}],"__proto__":{"model":"scripted"}}',
      ),
    );
    expect(error).toMatchObject({ code: 'missing_field', param: 'model' });
    const turn = await errorOf(
      await gateway.call('POST', '/c1/chat', '{"message":"Hi","__proto__":{"model":"scripted"}}'),
    );
    expect(turn).toMatchObject({ code: 'missing_field', param: 'model' });
  });

  test.each([chat, '/c1/chat'])('nesting without end at %s is answered, and the gateway lives on', async (path) => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const objects = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    for (const nested of [deep, objects]) {
      for (const body of [
        `{"model":"scripted","message":"Hi","messages":[{"role":"user","content":"Hi"}],"x":${nested}}`,
        `{"model":"scripted","message":${nested},"messages":[{"role":"user","content":${nested}}]}`,
        `{"model":${nested}}`,
        nested,
      ]) {
        const response = await gateway.call('POST', path, body);
        expect([200, 400]).toContain(response.status);
        await response.text();
      }
    }
    expect((await gateway.call('GET', '/healthz')).status).toBe(200);
  });

  /** What the upstream would read as the model, whichever of two equal keys its parser takes. */
  const modelsIn = (body: string) =>
    [...body.matchAll(/"((?:[^"\\]|\\.)*)"\s*:\s*"((?:[^"\\]|\\.)*)"/g)].flatMap(([, key, value]) =>
      JSON.parse(`"${key}"`) === 'model' ? [JSON.parse(`"${value}"`)] : [],
    );

  test.each([
    ['two models, the forbidden one last', '{"model":"scripted","model":"forbidden",MESSAGES}', 400],
    ['two models, the forbidden one first', '{"model":"forbidden","model":"scripted",MESSAGES}', 200],
    ['an escaped key', '{"model":"scripted",MESSAGES,"\\u006dodel":"forbidden"}', 400],
    ['an escaped key before', '{"m\\u006fdel":"forbidden",MESSAGES,"model":"scripted"}', 200],
    ['an escaped key alone', '{"\\u006dodel":"scripted",MESSAGES}', 200],
    ['a key inside a text', '{"x":"\\",\\"model\\":\\"forbidden\\"","model":"scripted",MESSAGES}', 200],
    ['blanks around the colon', '{ "model" : "scripted" , "x" : { "y" : [ "}" ] } , MESSAGES }', 200],
  ])('%s lets no other model through', async (_what, text, status) => {
    const body = text.replace('MESSAGES', '"messages":[{"role":"user","content":"Hi"}]');
    const seen = gateway.upstream.chats.length;
    const response = await gateway.call('POST', chat, body);
    expect(response.status).toBe(status);
    await response.text();
    const asked = gateway.upstream.chats.slice(seen);
    expect(asked).toHaveLength(status === 200 ? 1 : 0);
    for (const request of asked) expect(modelsIn(request.body.toString())).toEqual(['test-model']);
  });

  test('two streams or two messages are read by the upstream as they were checked', async () => {
    const twice = (fields: string) => `{"model":"scripted",${fields}}`;
    const good = '"messages":[{"role":"user","content":"Hi"}]';
    const bad =
      '"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://169.254.169.254/"}}]}]';
    expect((await errorOf(await gateway.call('POST', chat, twice(`${good},${bad}`)))).code).toBe(
      'image_url_not_supported',
    );
    const response = await gateway.call('POST', chat, twice(`${bad},${good}`));
    expect(response.status).toBe(200);
    expect(gateway.upstream.chats.at(-1)?.body.toString()).not.toContain('169.254');
    expect(
      (await gateway.call('POST', chat, twice(`${good},"stream":true,"stream":false`))).headers.get('content-type'),
    ).toMatch(/json/);
    expect(gateway.upstream.chats.at(-1)?.body.toString()).not.toMatch(/"stream":\s*true/);
  });

  test('a nested double key is no way around a check either', async () => {
    const inner = '{"url":"http://169.254.169.254/","url":"data:image/png;base64,iVBORw0KGgo="}';
    const body = `{"model":"scripted","messages":[{"role":"user","content":[{"type":"image_url","image_url":${inner}}]}]}`;
    const response = await gateway.call('POST', chat, body);
    if (response.status === 200) expect(gateway.upstream.chats.at(-1)?.body.toString()).not.toContain('169.254');
    else expect(response.status).toBe(400);
  });

  // Upstreams written in Go read keys without regard to case, the last one winning.
  test.each([
    [chat, { ...base, Model: 'forbidden' }, 'Model'],
    [chat, { ...base, MESSAGES: image('http://169.254.169.254/').messages }, 'MESSAGES'],
    [chat, { ...base, Stream: true }, 'Stream'],
    ['/c1/chat', { model: 'scripted', message: 'Hi', MODEL: 'forbidden' }, 'MODEL'],
    ['/c1/chat', { model: 'scripted', message: 'Hi', Messages: [] }, 'Messages'],
    [
      chat,
      { ...base, ...user([{ type: 'image_url', image_url: { url: png, URL: 'http://169.254.169.254/' } }]) },
      'messages[0].content[0].image_url.URL',
    ],
    [
      chat,
      { ...base, ...user([{ type: 'image_url', image_url: { url: png }, Image_URL: { url: 'http://x/' } }]) },
      'messages[0].content[0].Image_URL',
    ],
  ])('%s refuses a key that differs from a checked one by case alone: %j', async (path, body, param) => {
    expect(await refused(path, body)).toEqual(['invalid_field', param]);
  });

  test('fields of the query string are no way around the body', async () => {
    const response = await fetch(`${gateway.url}${chat}?model=other&stream=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(base),
    });
    expect((await response.json()).model).toBe('scripted');
  });
});
