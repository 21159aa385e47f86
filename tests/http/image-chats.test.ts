import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { faultsOf } from '../support/openai-schema.ts';
import { bigPng, jpegUri, pngUri } from '../support/pictures.ts';
import { chunksOf } from '../support/read-events.ts';
import { startImages } from '../support/start-images.ts';
import type { ScriptedGateway } from '../support/start-scripted.ts';
import { answer, gated, say, words } from '../support/upstream/scripts/answers.ts';
import { hangBeforeHeaders } from '../support/upstream/scripts/failures.ts';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startImages();
});
afterAll(() => gateway.close());

const draw = { model: 'banana', messages: [{ role: 'user', content: 'Draw a cat.' }] };
const chat = (fields: object = {}) => gateway.call('POST', '/v1/chat/completions', { ...draw, ...fields });
const asked = () => gateway.upstream.chats.at(-1);
/** The messages that the upstream got last. */
const sentMessages = (): unknown[] => JSON.parse(String(asked()?.body)).messages;
const drawn = (url: string) => [{ type: 'image_url', image_url: { url } }];
const cat = { text: words('Here is your cat.'), images: [pngUri] };

/** What the deltas of the first choice make. */
function folded(text: string) {
  const deltas = chunksOf(text).map(({ choices }) => choices[0]?.delta ?? {});
  return {
    content: deltas.map(({ content }) => content ?? '').join(''),
    images: deltas.flatMap(({ images }) => images ?? []),
  };
}

describe('a chat with a model that makes images', () => {
  test.each([
    ['the model', 'banana', ['image', 'text']],
    ['a model that makes nothing else', 'blind', ['image']],
  ])('asks %s for them', async (_what, model, modalities) => {
    await chat({ model });
    expect(asked()?.json).toMatchObject({ modalities });
  });

  test('leaves the modalities that the client asked for, and those of a text model', async () => {
    await chat({ modalities: ['text'] });
    expect(asked()?.json).toMatchObject({ modalities: ['text'] });
    await chat({ model: 'words' });
    expect(asked()?.json).not.toHaveProperty('modalities');
  });

  test.each(['images', 'parts', 'markdown', 'base64', 'image'] as const)(
    'is answered in one shape, in JSON and in streams, when the upstream sends it as %s',
    async (imagesAs) => {
      gateway.upstream.reply(answer({ ...cat, imagesAs }), answer({ ...cat, imagesAs }));
      const { message } = (await (await chat()).json()).choices[0];
      expect(message).toMatchObject({ content: 'Here is your cat.', images: drawn(pngUri) });
      expect(message).not.toHaveProperty('image');
      const text = await (await chat({ stream: true })).text();
      expect(folded(text)).toMatchObject({ content: 'Here is your cat.', images: drawn(pngUri) });
      for (const chunk of chunksOf(text)) expect(faultsOf('CreateChatCompletionStreamResponse', chunk)).toEqual([]);
    },
  );

  test('passes an address of the upstream on as it is', async () => {
    const url = 'https://images.invalid/cat.png';
    gateway.upstream.reply(answer({ ...cat, images: [url] }));
    const { message } = (await (await chat()).json()).choices[0];
    expect(message.images).toMatchObject(drawn(url));
  });

  test('leaves Markdown with an address, and other brackets, in the text', async () => {
    const text = 'See ![a](https://x.invalid/a.png) and [b](c).';
    gateway.upstream.reply(say(text), say([text]));
    expect((await (await chat()).json()).choices[0].message).toMatchObject({ content: text });
    expect(folded(await (await chat({ stream: true })).text())).toEqual({ content: text, images: [] });
  });

  test.each(['images', 'parts', 'markdown'] as const)('brings 6 MB of an image as %s in a stream', async (imagesAs) => {
    const url = `data:image/png;base64,${bigPng(6 * 1024 * 1024)}`;
    gateway.upstream.reply(answer({ ...cat, images: [url], imagesAs }));
    const { images, content } = folded(await (await chat({ stream: true })).text());
    expect(content).toBe('Here is your cat.');
    expect(images).toHaveLength(1);
    expect(images[0].image_url.url === url).toBe(true);
  });

  test('refuses an answer that is sent back with an address in it, or to a model that sees nothing', async () => {
    const back = (url: string, fields: object = {}) =>
      chat({ messages: [...draw.messages, { role: 'assistant', content: '', images: drawn(url) }], ...fields });
    expect(await errorOf(await back('http://169.254.169.254/latest'))).toMatchObject({
      code: 'image_url_not_supported',
      param: 'messages[1].images[0].image_url.url',
    });
    expect(await errorOf(await back(pngUri, { model: 'words' }))).toMatchObject({
      code: 'modality_not_supported',
      param: 'messages[1].images[0]',
    });
    expect((await back(pngUri)).status).toBe(200);
  });

  test('raises max_tokens and refuses tools as any chat does', async () => {
    const response = await chat({ max_tokens: 5 });
    expect(response.headers.get('x-gateway-applied')).toBe('max_tokens_floored=16');
    const tools = [{ type: 'function', function: { name: 'f' } }];
    expect(await errorOf(await chat({ tools }))).toMatchObject({ code: 'tools_not_supported', param: 'tools' });
  });
});

describe('a chat with a model behind the endpoints for images', () => {
  test('becomes a request for a picture, in JSON and in a stream', async () => {
    gateway.upstream.reply(answer(cat), answer(cat));
    const response = await chat({ model: 'pixels', max_tokens: 60, quality: 'low', tools: [] });
    expect(response.headers.get('x-gateway-backend')).toBe('up/gpt-image-1');
    const completion = await response.json();
    expect(faultsOf('CreateChatCompletionResponse', completion)).toEqual([]);
    expect(completion).toMatchObject({
      model: 'pixels',
      choices: [{ message: { content: '', images: drawn(pngUri) }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
    });
    expect(asked()).toMatchObject({
      path: '/v1/images/generations',
      json: { model: 'gpt-image-1', prompt: 'Draw a cat.', quality: 'low' },
    });
    expect(asked()?.json).not.toHaveProperty('response_format');
    const text = await (await chat({ model: 'pixels', stream: true })).text();
    expect(folded(text).images).toEqual(drawn(pngUri));
  });

  test('asks for a change of the latest image', async () => {
    gateway.upstream.reply(answer(cat));
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'A cat.' }, ...drawn(jpegUri)] },
      { role: 'assistant', content: null, images: drawn(pngUri) },
      { role: 'user', content: 'Make it blue.' },
    ];
    expect((await chat({ model: 'pixels', messages })).status).toBe(200);
    const request = asked();
    const form = await new Response(request?.body.toString('latin1') && new Uint8Array(request.body), {
      headers: { 'content-type': String(request?.headers['content-type']) },
    }).formData();
    expect(request?.path).toBe('/v1/images/edits');
    expect(form.get('prompt')).toBe('A cat.\n\nMake it blue.');
    expect(form.get('image')).toMatchObject({ type: 'image/png' });
  });

  test('refuses what has no meaning there', async () => {
    const error = await errorOf(await chat({ model: 'pixels', temperature: 1 }));
    expect(error).toMatchObject({ code: 'invalid_field', param: 'temperature' });
  });
});

describe('a conversation with images', () => {
  const turn = (fields: object) => gateway.call('POST', '/c1/chat', { model: 'banana', message: 'Hi', ...fields });

  test.each([false, true])('keeps what was drawn, so that the next turn can change it (stream: %s)', async (stream) => {
    gateway.upstream.reply(answer(cat));
    const first = await turn({ message: 'Draw a cat.', stream });
    await first.text();
    const id = first.headers.get('x-conversation-id');
    gateway.upstream.reply(answer(cat));
    await turn({ message: 'Make it blue.', conversation_id: id });
    const drawnCat = {
      role: 'assistant',
      content: [{ type: 'text', text: 'Here is your cat.' }, ...drawn(pngUri)],
    };
    const said = { role: 'user', content: 'Draw a cat.' };
    expect(asked()?.json).toMatchObject({ messages: [said, drawnCat, { role: 'user', content: 'Make it blue.' }] });
    const { messages } = await (await gateway.call('GET', `/c1/conversations/${id}`)).json();
    expect(messages[1]).toMatchObject({ role: 'assistant', content: drawnCat.content });
  });

  test('with a model behind the endpoints for images changes what it drew before', async () => {
    gateway.upstream.reply(answer(cat), answer(cat));
    const first = await turn({
      model: 'pixels',
      message: 'Draw a cat.',
      max_tokens: 60,
      response_format: { type: 'text' },
    });
    const id = first.headers.get('x-conversation-id');
    expect(asked()?.path).toBe('/v1/images/generations');
    const text = await (await turn({ model: 'pixels', message: 'Blue.', conversation_id: id, stream: true })).text();
    expect(asked()?.path).toBe('/v1/images/edits');
    expect(folded(text).images).toEqual(drawn(pngUri));
  });

  test('keeps an address as words: no upstream gets it as an image', async () => {
    const url = 'https://images.invalid/cat.png';
    gateway.upstream.reply(answer({ images: [url] }));
    const id = (await turn({})).headers.get('x-conversation-id');
    await turn({ message: 'Blue.', conversation_id: id });
    const messages = sentMessages();
    expect(messages[1]).toEqual({ role: 'assistant', content: [{ type: 'text', text: `![image](${url})` }] });
  });

  test('does not take the megabytes of an image for words that fill the window', async () => {
    gateway.upstream.reply(answer({ images: [`data:image/png;base64,${bigPng(1024 * 1024)}`] }));
    const id = (await turn({ message: 'One.' })).headers.get('x-conversation-id');
    await turn({ message: 'Two.', conversation_id: id });
    await turn({ message: 'Three.', conversation_id: id });
    const messages = sentMessages();
    expect(messages).toHaveLength(5);
  });

  test('goes on with a model that sees nothing, without the images', async () => {
    gateway.upstream.reply(answer(cat));
    const id = (await turn({ message: 'Draw a cat.' })).headers.get('x-conversation-id');
    const second = await turn({ model: 'words', message: 'Its name?', conversation_id: id });
    expect(second.headers.get('x-gateway-applied')).toBe('images_ignored');
    expect(asked()?.body.toString()).not.toContain('image_url');
  });
});

test('an image model may take minutes where a text model of the same provider may not', async () => {
  const hasty = await startImages(', first_byte_seconds: 0.3');
  try {
    const { script, gate } = gated(['A cat.'], { images: [pngUri] });
    hasty.upstream.on('google/gemini-image', script);
    hasty.upstream.on('words', hangBeforeHeaders);
    const slow = hasty.call('POST', '/v1/chat/completions', draw);
    await gate.reached();
    const late = await hasty.call('POST', '/v1/chat/completions', { ...draw, model: 'words' });
    expect(await errorOf(late)).toMatchObject({ code: 'upstream_timeout' });
    gate.open();
    expect((await slow).status).toBe(200);
  } finally {
    await hasty.close();
  }
});
