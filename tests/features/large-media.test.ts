import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bigPng } from '../support/pictures.ts';
import { bearer } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { lastingFolder } from '../support/temp-folder.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

/** Bytes of one picture, which base64 makes a third longer, and how many a conversation has. */
const PICTURE = 300_000;
const COUNT = 12;
/** More than any request reads that reads no picture. */
const LITTLE = PICTURE;

const picture = (i: number) => `data:image/png;base64,${bigPng(PICTURE + i)}`;
const look = (i: number) => ({
  role: 'user',
  content: [
    { type: 'input_text', text: `Look at picture ${i}.` },
    { type: 'input_image', image_url: picture(i) },
  ],
});

const folder = lastingFolder();
let upstream: ScriptedUpstream;
let gateway: GatewayProcess;

const start = () => startProcess(folder.path, { MODELS_FILE: join(folder.path, 'models.yaml'), LOG_LEVEL: 'silent' });

async function ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const answer = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${bearer}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, text: await answer.text() };
}

async function made(path: string, body: object): Promise<string> {
  const { status, text } = await ask('POST', path, body);
  expect(status, text.slice(0, 500)).toBe(200);
  const { id }: { id: string } = JSON.parse(text);
  return id;
}

/** What the gateway's process has read so far, from files and sockets. In bytes. */
const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${gateway.child.pid}/io`, 'utf8'))?.[1]);

/** How many bytes the gateway reads for a request, and what it answers. */
async function reading(path: string): Promise<{ read: number; text: string }> {
  const before = bytesRead();
  const { status, text } = await ask('GET', path);
  expect(status, text.slice(0, 500)).toBe(200);
  return { read: bytesRead() - before, text };
}

/** A conversation with many pictures, and a response whose input has one more, after them. */
const big = { conversation: '', response: '' };
/** The same without pictures: by it the gateway has loaded everything before anything is counted. */
const plain = { conversation: '', response: '' };
let pictureItem = '';

beforeAll(async () => {
  upstream = await startUpstream();
  writeFileSync(
    join(folder.path, 'models.yaml'),
    `providers:\n  up: { kind: openai-compatible, base_url: "${upstream.url}" }\n` +
      'models:\n  - { alias: model, input: [text, image], backends: [{ provider: up, model: test-model }] }\n',
  );
  gateway = await start();
  const pictures = Array.from({ length: COUNT }, (_, i) => look(i));
  big.conversation = await made('/v1/conversations', { items: pictures });
  plain.conversation = await made('/v1/conversations', { items: [{ role: 'user', content: 'Look.' }] });
  const say = (conversation: string, input: unknown) => made('/v1/responses', { model: 'model', conversation, input });
  big.response = await say(big.conversation, [look(COUNT)]);
  plain.response = await say(plain.conversation, 'Look.');
  const items = JSON.parse((await ask('GET', `/v1/conversations/${big.conversation}/items?order=asc&limit=1`)).text);
  pictureItem = items.data[0].id;
  // The next process has nothing in memory.
  expect(await gateway.stop('SIGTERM')).toBe(0);
  gateway = await start();
});
afterAll(async () => {
  await gateway.stop('SIGTERM');
  await upstream.close();
  folder.remove();
});

const withMedia = 'include=message.input_image.image_url';

const withoutPictures: [what: string, path: (of: typeof big) => string][] = [
  ['a conversation', ({ conversation }) => `/v1/conversations/${conversation}`],
  ['its items', ({ conversation }) => `/v1/conversations/${conversation}/items?limit=100`],
  ['its first items', ({ conversation }) => `/v1/conversations/${conversation}/items?limit=2&order=asc`],
  ['a response', ({ response }) => `/v1/responses/${response}`],
  ['the input of a response', ({ response }) => `/v1/responses/${response}/input_items`],
  ['the list of conversations', () => '/c1/conversations'],
  ['a search', () => '/c1/conversations?q=picture'],
  ['messages without their media', ({ conversation }) => `/c1/conversations/${conversation}?media=omit`],
  ['the text of a conversation', ({ conversation }) => `/c1/conversations/${conversation}/export?format=markdown`],
];

/** Linux alone says how much a process has read. */
describe.skipIf(process.platform !== 'linux')('large pictures of a conversation', () => {
  test.each(withoutPictures)('are neither read nor sent for %s', async (_what, path) => {
    await reading(path(plain));
    const { read, text } = await reading(path(big));
    expect(read).toBeLessThan(LITTLE);
    expect(text.length).toBeLessThan(LITTLE);
  });

  test('are left out of an answer that lists what was just added', async () => {
    const { status, text } = await ask('POST', `/v1/conversations/${plain.conversation}/items`, { items: [look(0)] });
    expect(status).toBe(200);
    expect(JSON.parse(text).data[0].content[1]).toMatchObject({ image_url: 'data:image/png;base64,' });
  });

  test('are read and sent for the page of items for which they are asked, and for no other', async () => {
    const path = `/v1/conversations/${big.conversation}/items?order=asc&limit=2&after=${pictureItem}`;
    const { read, text } = await reading(`${path}&${withMedia}`);
    const shown = JSON.parse(text);
    const addresses = shown.data.map(({ content }: { content: { image_url?: string }[] }) => content[1]?.image_url);
    expect(addresses).toEqual([picture(1), picture(2)]);
    expect(shown.has_more).toBe(true);
    expect(read).toBeGreaterThan(2 * PICTURE);
    expect(read).toBeLessThan(4 * PICTURE);
  });

  test('are sent with the input of a response for which they are asked', async () => {
    const { text } = await reading(`/v1/responses/${big.response}/input_items?${withMedia}`);
    expect(JSON.parse(text).data[0].content[1]).toMatchObject({ image_url: picture(COUNT) });
  });

  test('are sent with the one item that is asked for', async () => {
    const { read, text } = await reading(`/v1/conversations/${big.conversation}/items/${pictureItem}`);
    expect(JSON.parse(text).content[1]).toMatchObject({ image_url: picture(0) });
    expect(read).toBeLessThan(3 * PICTURE);
  });
});
