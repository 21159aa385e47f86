import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectClient, errorOf as trpcErrorOf } from '../clients/support.ts';
import { openRaw, query } from '../store/support.ts';
import { errorOf } from '../support/error-of.ts';
import { keepPace } from '../support/keep-pace.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { bigPng, jpeg, jpegUri, png, pngUri } from '../support/pictures.ts';
import { payloadsOf } from '../support/read-events.ts';
import { bearer } from '../support/start-gateway.ts';
import { startImages } from '../support/start-images.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { answer, say, words } from '../support/upstream/scripts/answers.ts';
import { errorInStream, hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';
import { raw, refuse } from '../support/upstream/scripts/refusals.ts';

let gateway: ScriptedGateway;
let openai: OpenAI;
beforeAll(async () => {
  gateway = await startImages();
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: bearer, maxRetries: 0, timeout: 110_000 });
});
afterAll(() => gateway.close());

const GENERATIONS = '/v1/images/generations';
const EDITS = '/v1/images/edits';
const prompt = 'A cat with a hat.';
const cat = { text: words('Here is your cat.'), images: [pngUri] };
const edit = { prompt, images: [{ image_url: jpegUri }] };
const generate = (fields: object = {}) => gateway.call('POST', GENERATIONS, { model: 'banana', prompt, ...fields });
const change = (fields: object = {}) => gateway.call('POST', EDITS, { model: 'banana', ...edit, ...fields });
const asked = () => gateway.upstream.chats.at(-1);

/** The form that the upstream got, read by somebody else's parser. */
async function askedForm(): Promise<FormData> {
  const request = asked();
  const headers = { 'content-type': String(request?.headers['content-type']) };
  return new Response(new Uint8Array(request?.body ?? []), { headers }).formData();
}

const bytesOf = async (file: unknown): Promise<string> =>
  file instanceof File ? Buffer.from(await file.arrayBuffer()).toString('base64') : '';

const pngFile = () => toFile(Buffer.from(png, 'base64'), 'cat.png', { type: 'image/png' });
const jpegFile = () => toFile(Buffer.from(jpeg, 'base64'), 'hat.jpg', { type: 'application/octet-stream' });

describe.each(['banana', 'pixels'])('new images of %s', (model) => {
  test("are answered in OpenAI's format, with the usage", async () => {
    gateway.upstream.reply(answer(cat));
    const response = await generate({ model });
    const images = await response.json();
    expect(faultsOf('ImagesResponse', images)).toEqual([]);
    expect(images).toMatchObject({ data: [{ b64_json: png }] });
    expect(images.usage).toMatchObject({
      input_tokens: 9,
      output_tokens: 4,
      total_tokens: 13,
      input_tokens_details: { text_tokens: 9, image_tokens: 0 },
    });
    expect(response.headers.get('x-gateway-backend')).toMatch(/^up\//);
  });

  test('come from a model that serves nothing else, which is asked for no chat', async () => {
    gateway.upstream.reply(answer({ images: [pngUri] }));
    const body = { model: 'press', prompt: 'A cat.' };
    expect((await gateway.call('POST', '/v1/images/generations', body)).status).toBe(200);
    const chat = { model: 'press', messages: [{ role: 'user', content: 'A cat.' }] };
    const refused = await errorOf(await gateway.call('POST', '/v1/chat/completions', chat));
    expect(refused.code).toBe('endpoint_not_supported');
  });

  test('come as data URIs to who wants addresses: nothing is hosted here', async () => {
    gateway.upstream.reply(answer(cat));
    const images = await (await generate({ model, response_format: 'url' })).json();
    expect(faultsOf('ImagesResponse', images)).toEqual([]);
    expect(images.data).toEqual([{ url: pngUri }]);
  });

  test('come to the official client', async () => {
    gateway.upstream.reply(answer(cat));
    const { data } = await openai.images.generate({ model, prompt });
    expect(data).toEqual([{ b64_json: png }]);
  });

  test('stream to the official client as named events', async () => {
    gateway.upstream.reply(answer(cat));
    const events = [];
    for await (const event of await openai.images.generate({ model, prompt, stream: true })) events.push(event);
    expect(events.at(-1)).toMatchObject({
      type: 'image_generation.completed',
      b64_json: png,
      usage: { total_tokens: 13 },
    });
    gateway.upstream.reply(answer(cat));
    const response = await generate({ model, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('event: image_generation.completed\ndata: {');
    expect(text).not.toContain('[DONE]');
  });

  test('of 6 MB come whole, as JSON and in a stream', async () => {
    const big = bigPng(6 * 1024 * 1024);
    const huge = answer({ ...cat, images: [`data:image/png;base64,${big}`] });
    gateway.upstream.reply(huge, huge);
    const { data } = await (await generate({ model })).json();
    expect(data[0].b64_json === big).toBe(true);
    const last = payloadsOf(await (await generate({ model, stream: true })).text()).at(-1) ?? '{}';
    expect(JSON.parse(last).b64_json === big).toBe(true);
  });

  test('that fail in the upstream fail with its status, also in a stream', async () => {
    for (const stream of [false, true]) {
      gateway.upstream.reply(refuse('rate-limited'));
      expect(await errorOf(await generate({ model, stream }))).toMatchObject({ code: 'model_quota_exhausted' });
    }
  });

  test('close the upstream request when the client disconnects', () =>
    keepPace(300, async () => {
      const seen = gateway.upstream.chats.length;
      gateway.upstream.reply(hangBeforeHeaders);
      const leaving = new AbortController();
      const left = openai.images.generate({ model, prompt }, { signal: leaving.signal });
      left.catch(() => undefined);
      const request = await gateway.upstream.waitForChat((chat) => gateway.upstream.chats.indexOf(chat) >= seen);
      const at = performance.now();
      leaving.abort();
      expect((await request.aborted).at - at).toBeLessThan(1_000);
    }));

  test('come over tRPC as over REST, as an answer and as a subscription', async () => {
    const { client } = connectClient(gateway);
    gateway.upstream.reply(answer(cat), answer(cat));
    const { data } = await client.v1.images.generations.create.mutate({ model, prompt });
    expect(data).toEqual([{ b64_json: png }]);
    const types: string[] = [];
    await new Promise<void>((resolve, reject) => {
      client.v1.images.generations.stream.subscribe(
        { model, prompt },
        { onData: ({ data: event }) => types.push(event.type), onComplete: resolve, onError: reject },
      );
    });
    expect(types.at(-1)).toBe('image_generation.completed');
    const error = await trpcErrorOf(client.v1.images.generations.create.mutate({ model: 'words', prompt }));
    expect(error).toMatchObject({ code: 'modality_not_supported', param: 'model' });
    await client.close();
  });
});

describe.each(['banana', 'pixels'])('changed images of %s', (model) => {
  /** What the upstream was shown, in base64, in order. */
  async function shown(): Promise<string[]> {
    if (model === 'pixels') {
      const form = await askedForm();
      return Promise.all([...form.getAll('image'), ...form.getAll('image[]')].map(bytesOf));
    }
    const parts: { image_url?: { url: string } }[] = JSON.parse(String(asked()?.body)).messages[0].content;
    return parts.flatMap((part) => (part.image_url ? [part.image_url.url.split(',')[1] ?? ''] : []));
  }

  test('are made of one file of the official client', async () => {
    gateway.upstream.reply(answer(cat));
    const images = await openai.images.edit({ model, prompt, image: await pngFile() });
    expect(faultsOf('ImagesResponse', images)).toEqual([]);
    expect(images.data).toEqual([{ b64_json: png }]);
    expect(await shown()).toEqual([png]);
    expect(asked()?.body.toString('latin1')).toContain(prompt);
  });

  test('are made of several files, whatever type they claim', async () => {
    gateway.upstream.reply(answer(cat));
    await openai.images.edit({ model, prompt, image: [await pngFile(), await jpegFile()] });
    expect(await shown()).toEqual([png, Buffer.from(jpeg, 'base64').toString('base64')]);
  });

  test('are made of data URIs in JSON, and over tRPC', async () => {
    gateway.upstream.reply(answer(cat), answer(cat));
    expect((await (await change({ model })).json()).data).toEqual([{ b64_json: png }]);
    const { client } = connectClient(gateway);
    const { data } = await client.v1.images.edits.create.mutate({ model, ...edit });
    expect(data).toEqual([{ b64_json: png }]);
    await client.close();
  });

  test('stream from a form', async () => {
    gateway.upstream.reply(answer(cat));
    const events = [];
    const stream = await openai.images.edit({ model, prompt, image: await pngFile(), stream: true });
    for await (const event of stream) events.push(event.type);
    expect(events.at(-1)).toBe('image_edit.completed');
  });
});

describe('images by way of a chat', () => {
  test('are asked for in one user message, the settings as far as the model has them', async () => {
    gateway.upstream.reply(answer(cat));
    const response = await generate({
      ...{ size: '1536x1024', quality: 'high', background: 'auto', output_format: 'webp', user: 'u1', seed: 7 },
    });
    expect(response.headers.get('x-gateway-applied')).toBe(
      'size_as_aspect_ratio=3:2, quality_ignored, output_format_ignored',
    );
    expect(asked()).toMatchObject({ path: '/v1/chat/completions' });
    expect(asked()?.json).toEqual({
      model: 'google/gemini-image',
      messages: [{ role: 'user', content: prompt }],
      modalities: ['image', 'text'],
      image_config: { aspect_ratio: '3:2' },
      user: 'u1',
      seed: 7,
    });
  });

  test.each([
    ['banana', 'auto', null, undefined],
    ['banana', '1792x1024', 'size_as_aspect_ratio=16:9', { aspect_ratio: '16:9' }],
    ['banana', '1024x1000', 'size_as_aspect_ratio=1:1', { aspect_ratio: '1:1' }],
    ['banana', '100x1000', 'size_ignored', undefined],
    ['banana', 'large', 'size_ignored', undefined],
    ['flux', '1536x1024', 'size_ignored', undefined],
  ])('of %s with size %s say %s', async (model, size, applied, config) => {
    gateway.upstream.reply(answer(cat));
    const response = await generate({ model, size });
    expect(response.headers.get('x-gateway-applied')).toBe(applied);
    expect(JSON.parse(String(asked()?.body)).image_config).toEqual(config);
  });

  test('come n at a time, from n chats at once', async () => {
    const before = gateway.upstream.chats.length;
    gateway.upstream.reply(answer(cat), answer({ ...cat, images: [jpegUri] }), answer(cat));
    const { data, usage } = await (await generate({ n: 3 })).json();
    expect(data).toHaveLength(3);
    expect(usage.total_tokens).toBe(39);
    expect(gateway.upstream.chats.length - before).toBe(3);
  });

  test('stop the other chats when one of them fails', async () => {
    const before = gateway.upstream.chats.length;
    gateway.upstream.reply(hangBeforeHeaders, async (exchange) => {
      await gateway.upstream.waitFor(({ chats }) => chats.length === before + 2);
      await refuse('server-error')(exchange);
    });
    expect(await errorOf(await generate({ n: 2 }))).toMatchObject({ code: 'upstream_broken' });
    await gateway.upstream.chats[before]?.aborted;
  });

  test("are refused with the model's own words when it makes none", async () => {
    gateway.upstream.reply(say('I cannot draw that.'));
    expect(await errorOf(await generate())).toMatchObject({
      code: 'upstream_rejected',
      param: 'prompt',
      message: 'The model answered without an image: I cannot draw that.',
    });
  });

  test('keep an address of the upstream, which is not fetched', async () => {
    const url = 'https://images.invalid/cat.png';
    gateway.upstream.reply(answer({ ...cat, images: [url] }));
    expect((await (await generate()).json()).data).toEqual([{ url }]);
  });

  test('raise max_tokens, and say what else was left out', async () => {
    gateway.upstream.reply(answer(cat));
    const response = await generate({ max_tokens: 4, style: 'vivid' });
    expect(response.headers.get('x-gateway-applied')).toBe('style_ignored, max_tokens_floored=16');
    expect(asked()?.json).toMatchObject({ max_tokens: 16 });
  });

  test('take no mask', async () => {
    expect(await errorOf(await change({ mask: { image_url: pngUri } }))).toMatchObject({
      code: 'invalid_field',
      param: 'mask',
    });
  });
});

describe('images of an endpoint for images', () => {
  test('are asked for with every field, under the name of the upstream', async () => {
    gateway.upstream.reply(answer(cat));
    const fields = { size: '1536x1024', quality: 'high', background: 'transparent', moderation: 'low', vendor: 1 };
    const response = await generate({ model: 'pixels', n: 1, ...fields });
    expect(response.headers.get('x-gateway-applied')).toBeNull();
    expect(asked()).toMatchObject({ path: '/v1/images/generations' });
    expect(asked()?.json).toEqual({ model: 'gpt-image-1', prompt, n: 1, ...fields });
  });

  test('pass as the bytes that came', async () => {
    const body = `{ "created": 1, "data": [{ "b64_json":"${png}", "revised_prompt":"A cat." }], "vendor": 1.50 }`;
    gateway.upstream.reply(raw(200, { 'content-type': 'application/json' }, body));
    expect(await (await generate({ model: 'pixels' })).text()).toBe(body);
  });

  test('are asked for as base64 where the model could give addresses', async () => {
    gateway.upstream.reply(answer(cat));
    await generate({ model: 'old-pixels', response_format: 'url' });
    expect(asked()?.json).toMatchObject({ model: 'dall-e-3', response_format: 'b64_json' });
  });

  test('stream with previews, and as events of an upstream that does not stream', async () => {
    gateway.upstream.reply(answer(cat));
    const streamed = payloadsOf(await (await generate({ model: 'pixels', stream: true, partial_images: 1 })).text());
    expect(asked()?.json).toMatchObject({ stream: true, partial_images: 1 });
    expect(streamed.map((payload) => JSON.parse(payload).type)).toEqual([
      'image_generation.partial_image',
      'image_generation.completed',
    ]);
    gateway.upstream.reply(raw(200, { 'content-type': 'application/json' }, `{"data":[{"b64_json":"${png}"}]}`));
    const [event = '{}'] = payloadsOf(await (await generate({ model: 'pixels', stream: true })).text());
    expect(JSON.parse(event)).toMatchObject({ type: 'image_generation.completed', b64_json: png });
  });

  test('that end without an image, or with an error, end as an error', async () => {
    const empty = raw(200, { 'content-type': 'text/event-stream' }, ': nothing\n\n');
    gateway.upstream.reply(empty);
    const response = await generate({ model: 'pixels', stream: true });
    expect(await errorOf(response)).toMatchObject({ code: 'upstream_broken' });
    gateway.upstream.reply((exchange) =>
      exchange.send(
        200,
        { 'content-type': 'text/event-stream' },
        `data: {"type":"image_generation.partial_image","b64_json":"aGE="}\n\ndata: {"error":{"message":"broke"}}\n\n`,
      ),
    );
    const text = await (await generate({ model: 'pixels', stream: true })).text();
    expect(JSON.parse(payloadsOf(text).at(-1) ?? '{}').error).toMatchObject({ code: 'upstream_broken' });
    gateway.upstream.reply(raw(200, { 'content-type': 'application/json' }, '{"created":1,"data":[]}'));
    expect(await errorOf(await generate({ model: 'pixels' }))).toMatchObject({ code: 'upstream_broken' });
  });

  test('take a mask and the other fields of a form', async () => {
    gateway.upstream.reply(answer(cat));
    const image = await pngFile();
    await openai.images.edit({ model: 'pixels', prompt, image, mask: await pngFile(), n: 2, size: '1024x1024' });
    const form = await askedForm();
    expect(await bytesOf(form.get('mask'))).toBe(png);
    const fields = ['model', 'prompt', 'n', 'size', 'stream', 'response_format'].map((name) => form.get(name));
    expect(fields).toEqual(['gpt-image-1', prompt, '2', '1024x1024', null, null]);
  });
});

describe('a request for images that cannot be', () => {
  const remote = 'http://169.254.169.254/latest/meta-data';
  test.each([
    ['of a model that makes none', GENERATIONS, { model: 'words' }, 'modality_not_supported', 'model'],
    ['of a model without a backend', GENERATIONS, { model: 'nowhere' }, 'no_backend', 'model'],
    ['of an unknown model', GENERATIONS, { model: 'x' }, 'model_not_in_allowlist', 'model'],
    ['without a model', GENERATIONS, { model: undefined }, 'missing_field', 'model'],
    ['without a prompt', GENERATIONS, { prompt: undefined }, 'missing_field', 'prompt'],
    ['with too many', GENERATIONS, { n: 11 }, 'invalid_field', 'n'],
    ['with tools', GENERATIONS, { tools: [{ type: 'function' }] }, 'tools_not_supported', 'tools'],
    ['with messages', GENERATIONS, { messages: [{ role: 'user', content: 'x' }] }, 'invalid_field', 'messages'],
    ['with an image where none is', GENERATIONS, { model: 'pixels', image: remote }, 'invalid_field', 'image'],
    ['with an address in a foreign field', EDITS, { model: 'pixels', input_url: remote }, 'invalid_field', 'input_url'],
    ['with images', GENERATIONS, { images: [{ image_url: 5 }] }, 'invalid_field', 'images'],
    ['with a mask alone', GENERATIONS, { mask: { image_url: remote } }, 'invalid_field', 'mask'],
    ['with a key of another case', GENERATIONS, { Prompt: 'x' }, 'invalid_field', 'Prompt'],
    [
      'with a remote image',
      EDITS,
      { images: [{ image_url: remote }] },
      'image_url_not_supported',
      'images[0].image_url',
    ],
    ['with a remote mask', EDITS, { mask: { image_url: remote } }, 'image_url_not_supported', 'mask.image_url'],
    ['with a broken image', EDITS, { images: [{ image_url: 'data:x' }] }, 'image_decode_error', 'images[0].image_url'],
    ['with a file id', EDITS, { images: [{ file_id: 'f' }] }, 'missing_field', 'images[0].image_url'],
    ['without images', EDITS, { images: [] }, 'invalid_field', 'images'],
    ['of a model that sees none', EDITS, { model: 'blind' }, 'modality_not_supported', 'images[0]'],
  ])('%s is refused with its place, and nothing is sent', async (_what, path, fields, code, param) => {
    const before = gateway.upstream.chats.length;
    const body = { model: 'banana', prompt, ...(path === EDITS ? { images: edit.images } : {}), ...fields };
    expect(await errorOf(await gateway.call('POST', path, body))).toMatchObject({ code, param });
    expect(gateway.upstream.chats.length).toBe(before);
  });

  const send = (form: FormData) =>
    fetch(gateway.url + EDITS, { method: 'POST', headers: { authorization: `Bearer ${bearer}` }, body: form });
  const picture = (bytes = Buffer.from(png, 'base64')) => new File([new Uint8Array(bytes)], 'a.png');

  test.each([
    ['without an image', { prompt }, 'missing_field', 'image'],
    ['without a prompt', { image: picture() }, 'missing_field', 'prompt'],
    ['with a file that is no image', { prompt, image: picture(Buffer.from('hello')) }, 'image_decode_error', 'image'],
    ['with an address', { prompt, image: remote }, 'image_url_not_supported', 'image'],
    ['with a remote mask', { prompt, image: picture(), mask: remote }, 'image_url_not_supported', 'mask'],
    ['with a number that is none', { prompt, image: picture(), n: 'two' }, 'invalid_field', 'n'],
    ['of a model that sees none', { prompt, image: picture(), model: 'blind' }, 'modality_not_supported', 'image'],
    ['with a mask for a chat', { prompt, image: picture(), mask: picture() }, 'invalid_field', 'mask'],
  ])('as a form %s is refused with its place in the form', async (_what, fields, code, param) => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ model: 'banana', ...fields })) form.set(name, value);
    expect(await errorOf(await send(form))).toMatchObject({ code, param });
  });

  test('as a form with a field twice, or of several images one of which is wrong, names it', async () => {
    const form = new FormData();
    form.append('prompt', 'a');
    form.append('prompt', 'b');
    expect(await errorOf(await send(form))).toMatchObject({ code: 'invalid_field', param: 'prompt' });
    const several = new FormData();
    several.set('model', 'banana');
    several.set('prompt', prompt);
    several.append('image[]', picture());
    several.append('image[]', remote);
    expect(await errorOf(await send(several))).toMatchObject({ code: 'image_url_not_supported', param: 'image[1]' });
  });

  test('as a form is refused where there are no files', async () => {
    const form = new FormData();
    form.set('prompt', prompt);
    const response = await fetch(gateway.url + GENERATIONS, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}` },
      body: form,
    });
    expect(await errorOf(response)).toMatchObject({ code: 'unsupported_media_type' });
  });

  test('as a form that is too large is refused', async () => {
    const small = await startImages('', { MAX_BODY_BYTES: '100000' });
    try {
      const form = new FormData();
      form.set('image', picture(Buffer.from(bigPng(200_000), 'base64')));
      const headers = { authorization: `Bearer ${bearer}` };
      const response = await fetch(small.url + EDITS, { method: 'POST', headers, body: form });
      expect(await errorOf(response)).toMatchObject({ code: 'body_too_large' });
    } finally {
      await small.close();
    }
  });
});

test('a chat that fails half-way is a failure of the images', async () => {
  gateway.upstream.reply(errorInStream());
  const error = await errorOf(await generate({ stream: true }));
  expect(error.code).toMatch(/^upstream_/);
});

test('every request for images leaves one row of usage', async () => {
  const counted = await startImages();
  try {
    counted.upstream.reply(answer(cat), answer(cat), answer(cat), refuse('server-error'));
    await counted.call('POST', GENERATIONS, { model: 'banana', prompt, n: 2 });
    await counted.call('POST', EDITS, { model: 'pixels', ...edit });
    await counted.call('POST', GENERATIONS, { model: 'banana', prompt });
    await counted.store.usage.flush();
    const db = await openRaw(counted.dataDir, 'duplex.db');
    const rows = query(
      db,
      'SELECT "operation", "alias", "provider", "promptTokens", "completionTokens", "outcome" FROM "Usage" ORDER BY "requestId"',
    );
    db.close();
    expect(rows).toEqual([
      ['v1.images.generations', 'banana', 'up', 18, 8, 'ok'],
      ['v1.images.edits', 'pixels', 'up', 9, 4, 'ok'],
      ['v1.images.generations', 'banana', 'up', 0, 0, 'upstream_broken'],
    ]);
  } finally {
    await counted.close();
  }
});
