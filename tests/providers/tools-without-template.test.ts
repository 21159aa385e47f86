import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';
import { lastingFolder } from '../support/temp-folder.ts';

const weights = fileURLToPath(new URL('../../server/providers/embedded/tinychat-q8_0.gguf', import.meta.url));
const PLAIN =
  "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}" +
  '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

/** The demo model with a chat template that knows no tools: as long as its own, so that the rest of the file fits. */
function withPlainTemplate(): Buffer {
  const file = readFileSync(weights);
  const key = Buffer.from('tokenizer.chat_template');
  // After the key: the type of the value, a text, in 4 bytes, and its length in 8. Format: the GGUF specification.
  const at = file.indexOf(key) + key.length + 4;
  const length = Number(file.readBigUInt64LE(at));
  const padding = length - PLAIN.length - '{##}'.length;
  file.write(`${PLAIN}{#${' '.repeat(padding)}#}`, at + 8, 'utf8');
  return file;
}

const folder = lastingFolder();
let gateway: Gateway;
beforeAll(async () => {
  const plain = join(folder.path, 'plain.gguf');
  writeFileSync(plain, withPlainTemplate());
  gateway = await startGateway({
    models: `
providers:
  plain: { kind: embedded, model_path: "${plain}" }
  demo: { kind: embedded }
models:
  - { alias: plain, backends: [{ provider: plain, model: plain }] }
  - { alias: plain-drop, unsupported: drop, backends: [{ provider: plain, model: plain }] }
  - { alias: demo, backends: [{ provider: demo, model: tinychat }] }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  folder.remove();
});

const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const named = { type: 'function', function: { name: 'get_weather' } };
const chat = {
  messages: [{ role: 'user', content: 'Hello!' }],
  tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
  temperature: 0,
  max_tokens: 40,
};
const message = {
  messages: chat.messages,
  max_tokens: 40,
  tools: [{ name: 'get_weather', input_schema: parameters }],
};
const response = { input: 'Hello!', tools: [{ type: 'function', name: 'get_weather', parameters }] };

/** A call that has to be made, as each surface says it. */
const forced: readonly [surface: string, path: string, body: object][] = [
  ['/v1/chat, required', '/v1/chat/completions', { ...chat, tool_choice: 'required' }],
  ['/v1/chat, by name', '/v1/chat/completions', { ...chat, tool_choice: named }],
  ['/v1/chat, in a stream', '/v1/chat/completions', { ...chat, tool_choice: 'required', stream: true }],
  ['/c1/chat', '/c1/chat', { message: 'Hello!', tools: chat.tools, tool_choice: 'required' }],
  ['/v1/messages, any', '/v1/messages', { ...message, tool_choice: { type: 'any' } }],
  ['/v1/messages, by name', '/v1/messages', { ...message, tool_choice: { type: 'tool', name: 'get_weather' } }],
  ['/v1/responses, required', '/v1/responses', { ...response, tool_choice: 'required' }],
  ['/v1/responses, by name', '/v1/responses', { ...response, tool_choice: { type: 'function', name: 'get_weather' } }],
];

describe('a model whose chat template has no tools', () => {
  test.each(forced)('refuses to be made to call one: %s', async (_surface, path, body) => {
    const refusal = await gateway.call('POST', path, { model: 'plain', ...body });
    const { error } = await refusal.json();
    expect([refusal.status, error.param]).toEqual([400, 'tool_choice']);
    expect(error.message).toMatch(/chat template of this model does not support tools/);
  });

  test('answers in words where it may choose, or where what it cannot do is to be left out', async () => {
    for (const [model, fields] of [
      ['plain', { tool_choice: 'auto' }],
      ['plain', { tool_choice: 'none' }],
      ['plain-drop', { tool_choice: 'required' }],
    ] as const) {
      const answer = await gateway.call('POST', '/v1/chat/completions', { model, ...chat, ...fields });
      const said = await answer.json();
      expect([answer.status, typeof said.choices[0].message.content]).toEqual([200, 'string']);
      expect(answer.headers.get('x-gateway-applied') ?? '').toBe(
        model === 'plain-drop' ? 'fields_dropped=tool_choice' : '',
      );
    }
  });
});

test('the demo model can be made to call a tool', async () => {
  for (const tool_choice of ['required', named]) {
    const answer = await gateway.call('POST', '/v1/chat/completions', { model: 'demo', ...chat, tool_choice });
    const { choices } = await answer.json();
    expect(choices[0].message.tool_calls[0].function.name).toBe('get_weather');
  }
  const unknown = { type: 'function', function: { name: 'other' } };
  const refusal = await gateway.call('POST', '/v1/chat/completions', { model: 'demo', ...chat, tool_choice: unknown });
  expect(await errorOf(refusal)).toMatchObject({ status: 400, code: 'invalid_field', param: 'tool_choice' });
});
