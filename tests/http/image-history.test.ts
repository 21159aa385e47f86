import { afterAll, beforeAll, expect, test } from 'vitest';
import { pngUri } from '../support/pictures.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { answer, words } from '../support/upstream/scripts/answers.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let gateway: Gateway;
let gemini: ScriptedUpstream;
let anthropic: ScriptedUpstream;
beforeAll(async () => {
  [gemini, anthropic] = await Promise.all([
    startUpstream({ dialect: 'gemini' }),
    startUpstream({ dialect: 'anthropic' }),
  ]);
  gateway = await startGateway({
    models: `providers:
  g: { kind: gemini, base_url: "${gemini.url}" }
  a: { kind: anthropic, base_url: "${anthropic.url}" }
models:
  - { alias: banana, input: [text, image], output: [text, image], backends: [{ provider: g, model: gemini-3-pro-image }] }
  - { alias: claude, input: [text, image], backends: [{ provider: a, model: claude-opus-4-7 }] }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([gemini.close(), anthropic.close()]);
});

const turn = (fields: object) => gateway.call('POST', '/c1/chat', { model: 'banana', message: 'Hi', ...fields });

async function draw(): Promise<string | null> {
  gemini.reply(answer({ text: words('Here is your cat.'), images: [pngUri] }));
  return (await turn({ message: 'Draw a cat.' })).headers.get('x-conversation-id');
}

test('a picture that Gemini drew goes back to it with the next turn', async () => {
  const conversation_id = await draw();
  const next = await turn({ message: 'Make it blue.', conversation_id });
  expect(next.status).toBe(200);
  const [mime, data] = pngUri.slice('data:'.length).split(';base64,');
  expect(gemini.chats.at(-1)?.json).toMatchObject({
    contents: [
      { role: 'user' },
      { role: 'model', parts: [{ text: 'Here is your cat.' }, { inlineData: { mimeType: mime, data } }] },
      { role: 'user', parts: [{ text: 'Make it blue.' }] },
    ],
  });
});

test('a dialect whose answers can only hold text goes on without it, and keeps the pictures of the user', async () => {
  const conversation_id = await draw();
  const next = await turn({ model: 'claude', message: 'And this?', images: [{ url: pngUri }], conversation_id });
  expect(next.status).toBe(200);
  expect(next.headers.get('x-gateway-applied')).toBe('images_ignored');
  expect(anthropic.chats.at(-1)?.json).toMatchObject({
    messages: [
      { role: 'user' },
      { role: 'assistant', content: [{ type: 'text', text: 'Here is your cat.' }] },
      { role: 'user', content: [{ type: 'text' }, { type: 'image' }] },
    ],
  });
});
