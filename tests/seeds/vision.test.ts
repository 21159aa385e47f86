import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { type ScriptedGateway, startScripted } from '../support/start-scripted.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { canRunSeeds, photo, readSeed, runSeed } from './run-seed.ts';

const alias = 'qwen3-vl-30b-instruct';
const dataUri = `data:image/jpeg;base64,${readFileSync(photo).toString('base64')}`;
const describeIt = { type: 'image_url', image_url: { url: dataUri } };

let cwd: string;
let demo: Gateway;
let scripted: ScriptedGateway;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'duplex-seed-'));
  copyFileSync(photo, join(cwd, 'photo.jpg'));
  [demo, scripted] = await Promise.all([startGateway(), startScripted({ aliases: [alias, 'claude-opus-4.7'] })]);
});
afterAll(async () => {
  await Promise.all([demo.close(), scripted.close()]);
  rmSync(cwd, { recursive: true });
});

describe.skipIf(!canRunSeeds)('the vision examples of seed 002', () => {
  test('encode-and-send brings the very bytes of the photo to a vision model', async () => {
    scripted.upstream.reply(say('A red square.'));
    const answer = JSON.parse(await runSeed('002-encode-and-send.sh', { url: scripted.url, cwd }));
    expect(answer.choices[0].message.content).toBe('A red square.');
    expect(answer.model).toBe(alias);
    expect(scripted.upstream.chats.at(-1)?.json).toMatchObject({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Describe this image in one sentence.' }, describeIt] },
      ],
      max_tokens: 200,
    });
  });

  test('in demo mode the image is checked, left out, and the answer says so', async () => {
    const printed = await runSeed('002-encode-and-send.sh', {
      url: demo.url,
      cwd,
      edit: (text) => text.replace('curl -s', 'curl -s -i'),
    });
    const [head, body] = printed.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 200 /);
    expect(head).toMatch(/^x-gateway-applied: images_ignored\r?$/m);
    expect(head).toMatch(/^x-gateway-backend: embedded\/tinychat\r?$/m);
    expect(JSON.parse(body ?? '').choices[0].message.content).not.toBe('');
  });

  test('an https image gets 400 image_url_not_supported with the place of the address', async () => {
    const seen = scripted.upstream.requests.length;
    const status = (text: string) => text.replace('curl -s', "curl -s -w '\\n%{http_code}'");
    for (const url of [demo.url, scripted.url]) {
      const [body, code] = (await runSeed('002-https-image.sh', { url, cwd, edit: status })).split('\n');
      expect(code).toBe('400');
      expect(JSON.parse(body ?? '')).toEqual({
        error: {
          type: 'invalid_request_error',
          code: 'image_url_not_supported',
          message: expect.stringMatching(
            /^Cloud providers don't fetch URLs server-side\. Encode the image as a base64 data URI /,
          ),
          param: 'messages[0].content[1].image_url.url',
        },
      });
    }
    expect(scripted.upstream.requests.length).toBe(seen);
  });

  test('the images shortcut on /c1/chat is rebuilt as content parts', async () => {
    scripted.upstream.reply(say('A gradient.'));
    const answer = JSON.parse(await runSeed('002-images-shortcut.sh', { url: scripted.url, cwd }));
    expect(answer.choices[0].message.content).toBe('A gradient.');
    expect(scripted.upstream.chats.at(-1)?.json).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Describe this image' }, describeIt] }],
    });
    expect(scripted.upstream.chats.at(-1)?.json).not.toHaveProperty('images');
  });

  test('the images shortcut answers in demo mode too', async () => {
    const answer = JSON.parse(await runSeed('002-images-shortcut.sh', { url: demo.url, cwd }));
    expect(answer).toMatchObject({ object: 'chat.completion', model: alias });
  });
});

test('the content-parts form of seed 002 reaches the model as it is', async () => {
  const fragment = readSeed('002-content-parts.txt').replaceAll('data:image/jpeg;base64,...', dataUri);
  const { message } = JSON.parse(`{${fragment}}`);
  scripted.upstream.reply(say('They are the same.'));
  const response = await scripted.call('POST', '/c1/chat', { model: alias, message });
  expect((await response.json()).choices[0].message.content).toBe('They are the same.');
  expect(scripted.upstream.chats.at(-1)?.json).toMatchObject({
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Compare these two photos' }, describeIt, describeIt] }],
  });
});
