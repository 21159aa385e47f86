import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import type { DialectName } from '../support/upstream/dialects/dialect.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

/** By the name of the alias that takes text alone. */
const dialects = {
  chat: ['openai-compatible', 'vllm'],
  claude: ['anthropic', 'anthropic'],
  google: ['gemini', 'gemini'],
  responses: ['openai-responses', 'openai-responses'],
} as const satisfies Record<string, readonly [kind: string, dialect: DialectName]>;
const aliases = ['chat', 'claude', 'google', 'responses'] as const;

let gateway: Gateway;
const upstreams: Partial<Record<(typeof aliases)[number], ScriptedUpstream>> = {};
beforeAll(async () => {
  const providers: string[] = [];
  const models: string[] = [];
  for (const alias of aliases) {
    const [kind, dialect] = dialects[alias];
    const upstream = await startUpstream({ dialect, apiKey: upstreamKey });
    upstreams[alias] = upstream;
    providers.push(`  ${alias}: { kind: ${kind}, base_url: "${upstream.url}", api_key_env: KEY }`);
    models.push(`  - { alias: ${alias}, input: [text], backends: [{ provider: ${alias}, model: test-model }] }`);
  }
  for (const alias of ['chat', 'claude']) {
    const backends = `[{ provider: ${alias}, model: test-model }]`;
    models.push(`  - { alias: ${alias}-eyes, input: [text, image], backends: ${backends} }`);
  }
  models.push(
    '  - { alias: all, input: [text, image, audio, video], backends: [{ provider: chat, model: test-model }] }',
  );
  gateway = await startGateway({
    models: `providers:\n${providers.join('\n')}\nmodels:\n${models.join('\n')}\n`,
    env: { KEY: upstreamKey },
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
});

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const PDF = 'data:application/pdf;base64,JVBERi0xLjQK';

const media = [
  ['picture', { type: 'image_url', image_url: { url: PIXEL } }, 'images_ignored'],
  ['sound', { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } }, 'audio_ignored'],
  ['film', { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAAHGZ0eXA=' } }, 'video_ignored'],
  ['PDF', { type: 'file', file: { filename: 'a.pdf', file_data: PDF } }, 'files_ignored'],
  [
    'text file',
    { type: 'file', file: { filename: 'a.txt', file_data: 'data:text/plain;base64,SGk=' } },
    'files_ignored',
  ],
] as const;

async function begin(content: unknown): Promise<string> {
  const first = await gateway.call('POST', '/c1/chat', { model: 'all', message: content });
  expect([first.status, await first.text()]).toEqual([200, expect.stringContaining('Hello')]);
  return first.headers.get('x-conversation-id') ?? '';
}

const receivedBy = (alias: (typeof aliases)[number]): string => upstreams[alias]?.chats.at(-1)?.body.toString() ?? '';

const PAYLOAD = /iVBORw|UklGRg|AAAAHGZ0|JVBERi|SGk=|input_audio|image_url|video_url|input_file|inlineData/;

describe.each(media)('a %s in the history', (_what, part, applied) => {
  test.each(aliases)('does not stop a conversation with text-only %s, on any surface', async (alias) => {
    for (const content of [[{ type: 'text', text: 'Look at this' }, part], [part]]) {
      const id = await begin(content);
      const asks: [string, object][] = [
        ['/c1/chat', { message: 'And now?', conversation_id: id }],
        ['/c1/chat', { message: 'And now?', conversation_id: id, stream: true }],
        ['/v1/responses', { input: 'And now?', conversation: id }],
        ['/v1/responses', { input: 'And now?', conversation: id, stream: true }],
      ];
      for (const [path, fields] of asks) {
        const answer = await gateway.call('POST', path, { model: alias, ...fields });
        const text = await answer.text();
        expect([answer.status, text], path).toEqual([200, expect.stringContaining('Hello')]);
        expect(answer.headers.get('x-gateway-applied')).toContain(applied);
        expect(receivedBy(alias)).not.toMatch(PAYLOAD);
        expect(receivedBy(alias)).toContain('And now?');
      }
      const stored = await (await gateway.call('GET', `/c1/conversations/${id}`)).text();
      expect(stored).toMatch(PAYLOAD);
    }
  });
});

test.each([true, false])('is left out of what a previous response was asked, too (store: %s)', async (store) => {
  const input = [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Look' },
        { type: 'input_image', image_url: PIXEL },
        { type: 'input_file', filename: 'a.pdf', file_data: PDF },
      ],
    },
  ];
  const first = await (await gateway.call('POST', '/v1/responses', { model: 'all', input })).json();
  const next = { input: 'And now?', previous_response_id: first.id, store };
  for (const alias of aliases) {
    const answer = await gateway.call('POST', '/v1/responses', { model: alias, ...next });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello')]);
    expect(answer.headers.get('x-gateway-applied')).toBe('images_ignored, files_ignored');
    expect(receivedBy(alias)).not.toMatch(PAYLOAD);
  }
});

test('a model that takes them sees them again, and a new one is refused where the model does not', async () => {
  const id = await begin([
    { type: 'text', text: 'Look' },
    { type: 'image_url', image_url: { url: PIXEL } },
  ]);
  await gateway.call('POST', '/c1/chat', { model: 'claude', message: 'And now?', conversation_id: id });
  await gateway.call('POST', '/c1/chat', { model: 'all', message: 'And now?', conversation_id: id });
  expect(receivedBy('chat')).toContain('iVBORw');
  const again = await gateway.call('POST', '/c1/chat', { model: 'claude', message: 'Look', images: [{ url: PIXEL }] });
  expect(again.status).toBe(400);
  expect((await again.json()).error.code).toBe('modality_not_supported');
});

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const rare = [
  ['document', { type: 'file', file: { filename: 'a.docx', file_data: `data:${DOCX};base64,SGk=` } }, 'files_ignored'],
  ['bitmap', { type: 'image_url', image_url: { url: 'data:image/bmp;base64,Qk0=' } }, 'images_ignored'],
] as const;

describe.each(rare)('a %s in the history, for a model with pictures that refuses it', (_what, part, applied) => {
  /** A local server that knows pictures alone: it refuses the request that has anything else. */
  const refuseOnce: Script = (exchange) =>
    (/"type":"file"|image\/bmp/.test(exchange.request.body.toString()) ? refuse('bad-request') : say('Hello'))(
      exchange,
    );

  test.each(['chat', 'claude'] as const)('does not stop the conversation with %s', async (alias) => {
    const id = await begin([{ type: 'image_url', image_url: { url: PIXEL } }, part]);
    for (const [path, fields] of [
      ['/c1/chat', { message: 'And now?', conversation_id: id }],
      ['/c1/chat', { message: 'And now?', conversation_id: id, stream: true, overflow: 'error' }],
      ['/v1/responses', { input: 'And now?', conversation: id, truncation: 'disabled' }],
      ['/v1/responses', { input: 'And now?', conversation: id, stream: true }],
    ] as const) {
      const upstream = upstreams[alias];
      upstream?.reply(refuseOnce);
      if (alias === 'chat') upstream?.reply(refuseOnce);
      const answer = await gateway.call('POST', path, { model: `${alias}-eyes`, ...fields });
      expect([answer.status, await answer.text()], path).toEqual([200, expect.stringContaining('Hello')]);
      expect(answer.headers.get('x-gateway-applied')).toContain(applied);
      // What the model can see is still there.
      expect(receivedBy(alias)).toContain('iVBORw0KGgo=');
      expect(receivedBy(alias)).not.toMatch(/SGk=|Qk0=/);
    }
  });

  test('is refused when the client sends it itself', async () => {
    const asked = await gateway.call('POST', '/c1/chat', { model: 'claude-eyes', message: [part] });
    expect([asked.status, (await asked.json()).error.code]).toEqual([400, 'invalid_field']);
  });
});

test('a request that was refused for another reason is not sent once more', async () => {
  const id = await begin([{ type: 'image_url', image_url: { url: PIXEL } }]);
  const upstream = upstreams.chat;
  upstream?.reply(refuse('bad-request'));
  const before = upstream?.chats.length ?? 0;
  const asked = await gateway.call('POST', '/c1/chat', {
    model: 'chat-eyes',
    message: 'And now?',
    conversation_id: id,
  });
  expect([asked.status, upstream?.chats.length]).toEqual([400, before + 1]);
});
