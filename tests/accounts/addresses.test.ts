import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { addresses, chatParts, TARGET, wrongData } from '../support/address-shapes.ts';
import { errorOf } from '../support/error-of.ts';
import { png, pngUri } from '../support/pictures.ts';
import { type PolicyGateway, startPolicy } from '../support/start-policy.ts';

let gateway: PolicyGateway;
beforeAll(async () => {
  gateway = await startPolicy();
});
afterAll(() => gateway.close());

const hi = { role: 'user', content: 'Hi' };
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
const called = [hi, { role: 'assistant', content: null, tool_calls: [call] }];

/** Every place of a part in a chat: its path, and the chat around it. */
const places: Readonly<Record<string, (part: object) => { param: string; body: object }>> = {
  'a user': (part) => ({
    param: 'messages[0].content[1]',
    body: { messages: [{ role: 'user', content: [text, part] }] },
  }),
  'the system': (part) => ({
    param: 'messages[0].content[0]',
    body: { messages: [{ role: 'system', content: [part] }, hi] },
  }),
  'a developer': (part) => ({
    param: 'messages[1].content[0]',
    body: { messages: [hi, { role: 'developer', content: [part] }] },
  }),
  'an answer': (part) => ({
    param: 'messages[1].content[0]',
    body: { messages: [hi, { role: 'assistant', content: [part] }, hi] },
  }),
  'a tool': (part) => ({
    param: 'messages[2].content[1]',
    body: { messages: [...called, { role: 'tool', tool_call_id: 'call_1', content: [text, part] }] },
  }),
  'a function': (part) => ({
    param: 'messages[1].content[0]',
    body: { messages: [hi, { role: 'function', name: 'look', content: [part] }] },
  }),
  'the pictures of an answer': (part) => ({
    param: 'messages[1].images[0]',
    body: { messages: [hi, { role: 'assistant', content: 'Here.', images: [part] }, hi] },
  }),
  'a prediction': (part) => ({
    param: 'prediction.content[0]',
    body: { messages: [hi], prediction: { type: 'content', content: [part] } },
  }),
  'an unknown field of a message': (part) => ({
    param: 'messages[0].attachments',
    body: { messages: [{ ...hi, attachments: [part] }] },
  }),
};
const text = { type: 'text', text: `See http://${TARGET.toUpperCase()} and tell me.` };

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
}

async function rpc(path: string, input: object): Promise<Refusal> {
  const response = await gateway.asKey(`/trpc/${path}`, input);
  const { error } = await response.json();
  return { status: response.status, ...error?.data?.error };
}

/** As the second call of a batch. */
async function inBatch(input: object): Promise<Refusal> {
  const body = { 0: { model: 'nowhere', messages: [hi] }, 1: input };
  const response = await gateway.asKey('/trpc/v1.chat.create,v1.chat.create?batch=1', body);
  const answers = await response.json();
  const data = answers[1]?.error?.data;
  return { status: data?.httpStatus, ...data?.error };
}

function overSocket(input: object): Promise<Refusal> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/trpc`, {
    headers: { authorization: `Bearer ${gateway.key}` },
  });
  const params = { path: 'v1.chat.stream', input };
  socket.once('open', () => socket.send(JSON.stringify({ id: 1, method: 'subscription', params })));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (bytes) => {
      const { result, error } = JSON.parse(String(bytes));
      if (result?.type === 'started') return;
      socket.terminate();
      resolve({ status: error?.data?.httpStatus ?? 200, ...error?.data?.error });
    });
  });
}

const models = ['own', 'words', 'openai', 'unnamed', 'mixed', 'anthropic', 'gemini', 'responses'];

/** Every way to send a chat. */
const surfaces: Readonly<Record<string, (body: object) => Promise<Refusal>>> = {
  'as JSON': async (body) => errorOf(await gateway.asKey('/v1/chat/completions', body)),
  'as a stream': async (body) => errorOf(await gateway.asKey('/v1/chat/completions', { ...body, stream: true })),
  'over tRPC': (body) => rpc('v1.chat.create', body),
  'in a batch': inBatch,
  'over a websocket': overSocket,
};

/** Sends nothing upstream, and says where the fault is. */
async function expectRefused(send: () => Promise<Refusal>, param: string): Promise<Refusal> {
  const before = gateway.count();
  const refusal = await send();
  expect([refusal.status, refusal.param]).toEqual([400, expect.stringContaining(param)]);
  expect(['invalid_field', 'image_url_not_supported', 'image_decode_error']).toContain(refusal.code);
  expect(gateway.count()).toBe(before);
  return refusal;
}

const shapes = Object.entries(chatParts);
/** Where a data URI is expected, of the right kind. */
const media = new Set(['an image', 'an input_image', 'an audio', 'a recording', 'a video', 'the data of a file']);
const pick = <T>(items: readonly T[], index: number): T => {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

describe('no address reaches an upstream', () => {
  test.each(shapes)('in %s, however it is written', async (what, shape) => {
    const written = media.has(what) ? [...addresses, ...wrongData] : addresses;
    for (const address of written) {
      const { param, body } = places['a user']?.(shape(address)) ?? { param: '', body: {} };
      await expectRefused(
        async () => errorOf(await gateway.asKey('/v1/chat/completions', { model: 'own', ...body })),
        param,
      );
    }
  });

  // Each place meets each part; the addresses, models and transports take turns.
  test.each(Object.entries(places))(
    'in %s, whatever part it stands in, for any model over any transport',
    async (_what, place) => {
      const ways = Object.values(surfaces);
      for (const [i, [, shape]] of shapes.entries()) {
        const { param, body } = place(shape(pick(addresses, i)));
        const send = pick(ways, i);
        await expectRefused(() => send({ model: pick(models, i), ...body }), param);
      }
    },
  );

  test.each(shapes)('in %s of a turn, of a result of a tool, and of a chat to be embedded', async (_what, shape) => {
    const part = shape(pick(addresses, _what.length));
    const user = { role: 'user', content: [part] };
    const turn = { model: 'own', message: [part] };
    await expectRefused(async () => errorOf(await gateway.asKey('/c1/chat', turn)), 'message[0]');
    await expectRefused(() => rpc('c1.chat.create', turn), 'message[0]');
    const results = { model: 'own', tool_results: [{ tool_call_id: 'call_1', content: [part] }] };
    await expectRefused(async () => errorOf(await gateway.asKey('/c1/chat', results)), 'tool_results[0].content[0]');
    const vectors = { model: 'own', input: 'Hi', messages: [user] };
    await expectRefused(async () => errorOf(await gateway.asKey('/v1/embeddings', vectors)), 'messages[0].content[0]');
  });

  test('of a turn’s pictures, or of another field of a result', async () => {
    for (const url of [...addresses, ...wrongData]) {
      const turn = { model: 'own', message: 'Hi', images: [{ url }] };
      await expectRefused(async () => errorOf(await gateway.asKey('/c1/chat', turn)), 'images[0].url');
    }
    const result = { tool_call_id: 'call_1', content: 'x', image_url: addresses[0] };
    const turn = { model: 'own', tool_results: [result] };
    await expectRefused(async () => errorOf(await gateway.asKey('/c1/chat', turn)), 'tool_results[0].image_url');
  });

  test('in a part that is hidden behind a doubled or an escaped key', async () => {
    const bad = `[{"type":"image_url","image_url":{"url":"http://${TARGET}"}}]`;
    const good = `[{"type":"image_url","image_url":{"url":"${pngUri}"}}]`;
    const file = (data: string) => `{"type":"file","file":{"file_data":"${data}"}}`;
    const pdf = 'data:application/pdf;base64,AAAA';
    for (const message of [
      `{"role":"user","content":${bad},"content":"Hi"}`,
      `{"role":"user","content":${bad},"content":${good}}`,
      `{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://${TARGET}","url":"${pngUri}"}}]}`,
      `{"role":"user","content":[{"type":"file","file":{"file_data":"http://${TARGET}","file_data":"${pdf}"}}]}`,
      `{"role":"user","content":[${file(`http://${TARGET}`)}],"c\\u006fntent":[${file(pdf)}]}`,
      `{"role":"user","content":"Hi","__proto__":{"image_url":"http://${TARGET}"}}`,
    ]) {
      const body = `{"model":"own","messages":[${message}]}`;
      expect((await gateway.asKey('/v1/chat/completions', body)).status).toBe(200);
    }
    expect(gateway.received()).not.toContain(TARGET);
  });

  test('for the administrator either, who may send parts that are not known', async () => {
    for (const [i, [, shape]] of shapes.entries()) {
      const body = { model: 'own', messages: [{ role: 'user', content: [shape(pick(addresses, i))] }] };
      const before = gateway.count();
      expect((await gateway.asAdmin('/v1/chat/completions', body)).status).toBe(400);
      expect(gateway.count()).toBe(before);
    }
    const hologram = { type: 'hologram', hologram: { layers: ['AAAA'] } };
    const sent = { model: 'own', messages: [{ role: 'user', content: [hologram] }] };
    expect((await gateway.asAdmin('/v1/chat/completions', sent)).status).toBe(200);
    await expectRefused(
      async () => errorOf(await gateway.asKey('/v1/chat/completions', sent)),
      'messages[0].content[0].type',
    );
  });
});

const image = { type: 'input_image', image_url: pngUri };
/** Parts of the Responses API. */
const itemParts: Readonly<Record<string, (address: string) => object>> = {
  'an image': (image_url) => ({ type: 'input_image', image_url }),
  'the detail of an image': (detail) => ({ ...image, detail }),
  'a field beside an image': (url) => ({ ...image, source: { url } }),
  'the id of a file': (file_id) => ({ type: 'input_image', file_id }),
  'a file by address': (file_url) => ({ type: 'input_file', file_url }),
  'the data of a file': (file_data) => ({ type: 'input_file', file_data, filename: 'a.pdf' }),
  'the name of a file': (filename) => ({ type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename }),
  'a recording': (data) => ({ type: 'input_audio', input_audio: { data, format: 'wav' } }),
  'a screenshot': (image_url) => ({ type: 'computer_screenshot', image_url }),
  'an unknown part': (hologram) => ({ type: 'hologram', hologram }),
  'a text with an image': (image_url) => ({ type: 'input_text', text: 'Look', image_url }),
};

/** Items around a part, and items that could hold an address themselves. */
const items: Readonly<Record<string, (part: object, address: string) => { param: string; input: object[] }>> = {
  'a message': (part) => ({ param: 'input[0].content[0]', input: [{ role: 'user', content: [part] }] }),
  'a message with a type': (part) => ({
    param: 'input[1].content[0]',
    input: [hi, { type: 'message', role: 'system', content: [part] }],
  }),
  'an answer': (part) => ({
    param: 'input[0].content[0]',
    input: [{ type: 'message', role: 'assistant', content: [part] }, hi],
  }),
  'a result': (part) => ({
    param: 'input[1].output[0]',
    input: [
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: [part] },
    ],
  }),
  'a result of a custom tool': (part) => ({
    param: 'input[0].output[0]',
    input: [{ type: 'custom_tool_call_output', call_id: 'c', output: [part] }],
  }),
  'a summary': (part) => ({ param: 'input[0].summary[0]', input: [{ type: 'reasoning', summary: [part] }, hi] }),
  'a computer’s result': (_part, image_url) => ({
    param: 'input[0].output',
    input: [{ type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url } }],
  }),
  'a picture that was made': (_part, result) => ({
    param: 'input[0].result',
    input: [{ type: 'image_generation_call', id: 'ig_1', status: 'completed', result }, hi],
  }),
  'an unknown item': (_part, url) => ({ param: 'input[0].type', input: [{ type: 'hologram', url }] }),
  'a field of a message': (_part, url) => ({ param: 'input[0].attachment', input: [{ ...hi, attachment: { url } }] }),
  'a reference': (_part, url) => ({ param: 'input[0]', input: [{ type: 'item_reference', id: 'msg_1', url }] }),
};

describe('no address reaches an upstream of a response', () => {
  test.each(Object.entries(items))('in %s', async (_what, item) => {
    for (const [i, shape] of Object.values(itemParts).entries()) {
      for (const [j, model] of ['own', 'words', 'responses', 'anthropic'].entries()) {
        const address = pick(addresses, i * 4 + j);
        const { param, input } = item(shape(address), address);
        const body = { model, input, store: j % 2 === 0 };
        const before = gateway.count();
        const refusal = await errorOf(await gateway.asKey('/v1/responses', body));
        expect([refusal.status === 400 || refusal.code === 'response_not_found', refusal.param]).toEqual([
          true,
          expect.stringContaining(param),
        ]);
        expect(gateway.count()).toBe(before);
      }
    }
  });

  test('in the items of a conversation, nor in the variables of a prompt', async () => {
    for (const [i, shape] of Object.values(itemParts).entries()) {
      const body = { items: [{ role: 'user', content: [shape(pick(addresses, i))] }] };
      const refusal = await errorOf(await gateway.asKey('/v1/conversations', body));
      expect([refusal.status, refusal.param]).toEqual([400, expect.stringContaining('items[0].content[0]')]);
    }
    const prompt = { id: 'pmpt_1', variables: { photo: { type: 'input_image', image_url: addresses[0] } } };
    for (const call of [gateway.asKey, gateway.asAdmin]) {
      const refusal = await errorOf(
        await call('/v1/responses', { model: 'responses', input: 'Hi', store: false, prompt }),
      );
      expect([refusal.status, refusal.param]).toEqual([400, expect.stringMatching(/^prompt/)]);
    }
  });

  test('for the administrator either, by whichever way the request goes', async () => {
    for (const [i, shape] of Object.values(itemParts).entries()) {
      const input = [{ role: 'user', content: [shape(pick(addresses, i))] }];
      const before = gateway.count();
      expect((await gateway.asAdmin('/v1/responses', { model: 'responses', input, store: false })).status).toBe(400);
      expect(gateway.count()).toBe(before);
    }
  });
});

const source = { type: 'base64', media_type: 'image/png', data: png };
const pdf = { type: 'base64', media_type: 'application/pdf', data: 'AAAA' };
/** Blocks of Anthropic's Messages API. */
const blocks: Readonly<Record<string, (address: string) => object>> = {
  'an image by address': (url) => ({ type: 'image', source: { type: 'url', url } }),
  'an image whose data is an address': (data) => ({ type: 'image', source: { ...source, data } }),
  'the type of an image': (media_type) => ({ type: 'image', source: { ...source, media_type } }),
  'an address beside the data': (url) => ({ type: 'image', source: { ...source, url } }),
  'an image by id': (file_id) => ({ type: 'image', source: { type: 'file', file_id } }),
  'a document by address': (url) => ({ type: 'document', source: { type: 'url', url } }),
  'a document whose data is an address': (data) => ({ type: 'document', source: { ...pdf, data } }),
  'an image within a document': (url) => ({
    type: 'document',
    source: { type: 'content', content: [{ type: 'image', source: { type: 'url', url } }] },
  }),
  'an unknown source': (uri) => ({ type: 'image', source: { type: 'gcs', uri } }),
  'a text with an image': (url) => ({ type: 'text', text: 'Look', image: { url } }),
  'an unknown block': (hologram) => ({ type: 'hologram', hologram }),
  'a file for a container': (file_id) => ({ type: 'container_upload', file_id }),
};

describe('no address reaches an upstream of a message', () => {
  const wholes: Readonly<Record<string, (block: object) => { param: string; fields: object }>> = {
    'a turn': (block) => ({
      param: 'messages[0].content[0]',
      fields: { messages: [{ role: 'user', content: [block] }] },
    }),
    'an answer': (block) => ({
      param: 'messages[1].content[0]',
      fields: { messages: [hi, { role: 'assistant', content: [block] }, hi] },
    }),
    'the system': (block) => ({ param: 'system[0]', fields: { messages: [hi], system: [block] } }),
    'a system turn': (block) => ({
      param: 'messages[1].content[0]',
      fields: { messages: [hi, { role: 'system', content: [block] }] },
    }),
    'a result': (block) => ({
      param: 'messages[2].content[0].content[0]',
      fields: {
        messages: [
          hi,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [block] }] },
        ],
      },
    }),
  };
  test.each(Object.entries(wholes))('in %s', async (_what, whole) => {
    for (const [i, shape] of Object.values(blocks).entries()) {
      const { param, fields } = whole(shape(pick(addresses, i)));
      for (const model of ['anthropic', 'own', 'words']) {
        const body = { model, max_tokens: 100, ...fields };
        for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
          const before = gateway.count();
          const response = await gateway.asKey(path, body);
          const { error } = await response.json();
          expect([path, response.status, error.param]).toEqual([path, 400, expect.stringContaining(param)]);
          expect(gateway.count()).toBe(before);
        }
      }
    }
  });

  test('for the administrator either', async () => {
    for (const [i, shape] of Object.values(blocks).entries()) {
      const body = {
        model: 'anthropic',
        max_tokens: 100,
        messages: [{ role: 'user', content: [shape(pick(addresses, i))] }],
      };
      const before = gateway.count();
      expect((await gateway.asAdmin('/v1/messages', body)).status).toBe(400);
      expect(gateway.count()).toBe(before);
    }
  });

  test('but what Anthropic’s own search found goes back to it, with its sources', async () => {
    const found = { type: 'web_search_result', url: 'https://example.org/a', title: 'A', encrypted_content: 'AAAA' };
    const messages = [
      hi,
      {
        role: 'assistant',
        content: [
          { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'a' } },
          { type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1', content: [found] },
          {
            type: 'text',
            text: 'A.',
            citations: [{ type: 'web_search_result_location', url: 'https://example.org/a' }],
          },
        ],
      },
      hi,
    ];
    const body = { model: 'hosted-claude', max_tokens: 100, messages };
    expect((await gateway.asKey('/v1/messages', body)).status).toBe(200);
    expect(gateway.received()).toContain('https://example.org/a');
  });
});

describe('what is known reaches the upstream of a key', () => {
  const wav = { data: 'UklGRg==', format: 'wav' };
  const marks = { cache_control: { type: 'ephemeral', ttl: '5m' } };
  const known = [
    text,
    { type: 'text', text: 'Look', ...marks },
    { type: 'image_url', image_url: { url: pngUri, detail: 'high' }, ...marks },
    { type: 'image_url', image_url: { url: pngUri.replace('data:image/png', 'DATA:image/PNG') } },
    { type: 'input_image', image_url: pngUri },
    { type: 'input_audio', input_audio: wav },
    { type: 'input_audio', input_audio: { data: `//uQ${'A'.repeat(300)}`, format: 'mp3' } },
    { type: 'audio_url', audio_url: { url: 'data:audio/mpeg;base64,AAAA' } },
    { type: 'video_url', video_url: { url: 'data:video/mp4;codecs=avc1;base64,AAAA' } },
    { type: 'video_url', video_url: { url: 'data:video/jpeg;base64,AAAA,AAAA' } },
    { type: 'file', file: { filename: 'report: final.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
  ];
  const signature = `//${'A'.repeat(80)}`;
  const answer = {
    role: 'assistant',
    content: `See http://${TARGET.toUpperCase()}`,
    refusal: null,
    audio: null,
    function_call: null,
    annotations: [
      {
        type: 'url_citation',
        url_citation: { url: 'https://example.org/a', title: 'A', start_index: 0, end_index: 3 },
      },
    ],
    reasoning: 'https://example.org is where I look first.',
    reasoning_details: [{ type: 'reasoning.text', text: 'https://example.org', signature, format: 'x', index: 0 }],
    tool_calls: [{ ...call, extra_content: { google: { thought_signature: signature } } }],
    provider_specific_fields: { stop: null, tokens: [1, 2] },
  };
  const chat = {
    messages: [
      { role: 'system', content: [text] },
      { role: 'user', content: known, name: 'ann' },
      answer,
      { role: 'tool', tool_call_id: 'call_1', content: [text], is_error: false },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'No.' },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
      { role: 'user', content: 'https://example.org' },
    ],
    prediction: { type: 'content', content: [{ type: 'text', text: 'https://example.org' }] },
    metadata: { page: 'https://example.org' },
    stop: ['http://'],
  };

  const withMessage = (at: number, message: object) => ({
    ...chat,
    messages: [...chat.messages.slice(0, at), message, ...chat.messages.slice(at + 1)],
  });
  /** OpenAI knows no `is_error`. */
  const withoutErrorMark = withMessage(3, { role: 'tool', tool_call_id: 'call_1', content: [text] });
  /** Servers that know no refusals get it as text. */
  const twice = [
    { type: 'text', text: 'No.' },
    { type: 'text', text: 'No.' },
  ];
  const withRefusalAsText = withMessage(4, { role: 'assistant', content: twice });

  test.each([
    ['openai', withoutErrorMark],
    ['openrouter', chat],
    ['own', withRefusalAsText],
    ['unnamed', withRefusalAsText],
    ['mixed', withRefusalAsText],
  ])('in a chat of %s, byte for byte', async (model, received) => {
    expect((await gateway.asKey('/v1/chat/completions', { model, ...chat })).status).toBe(200);
    expect(gateway.upstreams[0]?.chats.at(-1)?.json).toMatchObject(received);
  });

  test('in a turn and in a chat to be embedded', async () => {
    expect((await gateway.asKey('/c1/chat', { model: 'own', message: known, images: [{ url: pngUri }] })).status).toBe(
      200,
    );
    const vectors = { model: 'own', input: 'https://example.org', messages: [{ role: 'user', content: known }] };
    const embedded = await gateway.asKey('/v1/embeddings', vectors);
    expect([embedded.status, await embedded.text()]).toEqual([200, expect.any(String)]);
  });

  test('in a response', async () => {
    const input = [
      {
        role: 'user',
        content: [{ type: 'input_text', text: 'https://example.org' }, image],
      },
      { role: 'user', content: [{ type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain;base64,AAAA' }] },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'https://example.org' }], status: null },
      {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'c',
        name: 'f',
        arguments: '{"url":"https://example.org"}',
        status: 'completed',
      },
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [{ type: 'input_text', text: 'https://example.org' }, image],
      },
      {
        type: 'message',
        id: 'msg_1',
        status: 'completed',
        role: 'assistant',
        content: [
          {
            type: 'output_text',
            text: 'https://example.org',
            annotations: [
              { type: 'url_citation', url: 'https://example.org', title: 'A', start_index: 0, end_index: 1 },
            ],
            logprobs: [],
          },
        ],
      },
      hi,
    ];
    for (const model of ['own', 'responses', 'anthropic']) {
      for (const store of [true, false]) {
        const response = await gateway.asKey('/v1/responses', { model, input, store });
        expect([model, store, response.status, await response.text()]).toEqual([model, store, 200, expect.any(String)]);
      }
    }
  });

  test('in a message', async () => {
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'https://example.org', ...marks },
          { type: 'image', source, ...marks },
          { type: 'document', source: pdf, title: 'A', context: 'B', citations: { enabled: true } },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'https://example.org' } },
          { type: 'search_result', source: 'https://example.org', title: 'A', content: [{ type: 'text', text: 'A' }] },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'https://example.org', signature },
          { type: 'tool_use', id: 'toolu_1', name: 'look', input: { url: 'https://example.org' } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [
              { type: 'text', text: 'https://example.org' },
              { type: 'image', source },
            ],
          },
          { type: 'text', text: 'Well?' },
        ],
      },
    ];
    const system = [{ type: 'text', text: 'https://example.org', ...marks }];
    for (const model of ['own', 'anthropic']) {
      const body = { model, max_tokens: 100, system, messages };
      const response = await gateway.asKey('/v1/messages', body);
      expect([model, response.status, await response.text()]).toEqual([model, 200, expect.any(String)]);
      expect((await gateway.asKey('/v1/messages/count_tokens', { ...body, max_tokens: undefined })).status).toBe(200);
    }
  });
});

describe('no address reaches an upstream of pictures, speech and recordings', () => {
  const pictures = { prompt: 'A cat', images: [{ image_url: pngUri }] };
  test.each(['pixels', 'painter'])('of the model %s', async (model) => {
    for (const [i, address] of [...addresses, ...wrongData].entries()) {
      for (const [param, fields] of [
        ['images[0].image_url', { images: [{ image_url: address }] }],
        ['mask.image_url', { mask: { image_url: address } }],
        ['reference', { reference: { source: address } }],
        ['input_image', { input_image: address }],
      ] as const) {
        if (param === 'reference' && i >= addresses.length) continue;
        const body = { model, ...pictures, ...fields };
        await expectRefused(async () => errorOf(await gateway.asKey('/v1/images/edits', body)), param);
      }
    }
  });

  const form = (fields: Record<string, string | Blob>, first: string[] = []): FormData => {
    const data = new FormData();
    for (const name of first) data.set(name, fields[name] ?? '');
    for (const [name, value] of Object.entries(fields)) if (!first.includes(name)) data.set(name, value);
    return data;
  };
  const recording = new File([Buffer.alloc(2_000, 7)], 'a.mp3', { type: 'audio/mpeg' });

  test('as a form, before its model and behind it', async () => {
    for (const [i, name] of ['url', 'file_url', 'URL', 'audio', 'known_speaker_references[]', 'file'].entries()) {
      for (const model of ['own', 'openai', 'unnamed']) {
        const address = pick(addresses, i);
        const fields = { file: recording, model, [name]: address };
        for (const first of [['model'], [name], ['file']]) {
          const response = await gateway.asKey('/v1/audio/transcriptions', form(fields, first));
          const refusal = await errorOf(response);
          expect([refusal.status, refusal.param]).toEqual([400, name]);
        }
        expect((await gateway.asAdmin('/v1/audio/transcriptions', form(fields))).status).toBe(400);
      }
    }
    expect(gateway.received()).not.toContain(TARGET);
  });

  test('as a voice', async () => {
    for (const model of ['own', 'openai']) {
      const body = { model, input: `Read http://${TARGET.toUpperCase()} aloud`, voice: addresses[0] };
      await expectRefused(async () => errorOf(await gateway.asKey('/v1/audio/speech', body)), 'voice');
      const cloned = { ...body, voice: 'alloy', reference: { clip: addresses[1] } };
      await expectRefused(async () => errorOf(await gateway.asKey('/v1/audio/speech', cloned)), 'reference');
    }
  });
});

test('at the end, none of all these addresses was in any body', () => {
  expect(gateway.received()).not.toContain(TARGET);
});
