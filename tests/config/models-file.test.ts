import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { root } from '../support/start-gateway.ts';

const faultOf = (text: string): string => {
  try {
    parseModelsFile(text, 'models.yaml');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'no fault';
};

const providers = 'providers:\n  local: { kind: openai-compatible, base_url: http://127.0.0.1:8000/v1 }\n';

test('the example file holds the thirteen aliases of the seeds with what they promise', () => {
  const { models } = parseModelsFile(readFileSync(join(root, 'server/setup/built-in-models.yaml'), 'utf8'), 'example');
  const rows = models.map((model) => [
    model.alias,
    model.context_window,
    model.tools,
    model.input.length,
    model.output.includes('image'),
    model.reasoning,
    model.constraints.min_max_tokens ?? null,
    model.constraints.typical_response_seconds,
  ]);
  expect(rows).toEqual([
    ['llama-4-scout', 10_000_000, true, 2, false, false, null, 8],
    ['mistral-small-4', 256_000, true, 2, false, true, null, 5],
    ['qwen3-vl-30b-thinking', 131_000, true, 2, false, true, null, 12],
    ['qwen3-vl-30b-instruct', 131_000, true, 2, false, false, null, 5],
    ['gemma-4-31b', 256_000, true, 2, false, false, null, 5],
    ['flagship', 1_050_000, true, 2, false, true, 200, 8],
    ['gpt-5.5-pro', 1_050_000, true, 2, false, true, 200, 8],
    ['claude-opus-4.7', 1_000_000, true, 2, false, true, null, 5],
    ['gemini-3.1-pro', 1_050_000, true, 4, false, true, 200, 5],
    ['grok-4.20', 2_000_000, true, 2, false, true, null, 3],
    ['nano-banana', 65_000, false, 2, true, false, null, 15],
    ['gpt-image', 272_000, false, 2, true, true, 16, 150],
    ['image-gen', 65_000, false, 2, true, false, null, 15],
  ]);
});

test('a mistake is reported with its line and its place', () => {
  const broken = `${providers}models:\n  - alias: a\n    backends: [{ provider: local, model: m }]\n  - alias: b\n    context_window: many\n    backends: [{ provider: local, model: m }]\n`;
  expect(faultOf(broken)).toMatch(/^models\.yaml:7: models\.1\.context_window: /);
});

test('a backend of an unknown provider, a composite of an unknown alias and a doubled alias are mistakes', () => {
  expect(faultOf(`${providers}models:\n  - { alias: a, backends: [{ provider: cloud, model: m }] }\n`)).toBe(
    'models.yaml:4: models.0.backends.0.provider: no provider "cloud"',
  );
  expect(faultOf(`${providers}models:\n  - { alias: a, backends: [{ alias: b }] }\n`)).toBe(
    'models.yaml:4: models.0.backends.0.alias: no other model "b"',
  );
  const entry = '  - { alias: a, backends: [{ provider: local, model: m }] }\n';
  expect(faultOf(`${providers}models:\n${entry}${entry}`)).toBe('models.yaml:5: models.1.alias: "a" is defined twice');
});

test('a backend makes its images in chats unless it says that it has an API for them', () => {
  const backends = '[{ provider: local, model: m }, { provider: local, model: n, images: api }]';
  const { models } = parseModelsFile(`${providers}models:\n  - { alias: a, backends: ${backends} }\n`, 'models.yaml');
  expect(models[0]?.backends).toMatchObject([{ images: 'chat' }, { images: 'api' }]);
  const wrong = backends.replace('api', 'magic');
  expect(faultOf(`${providers}models:\n  - { alias: a, backends: ${wrong} }\n`)).toMatch(/backends\.1\.images/);
});

test('text that is not YAML is reported with its line', () => {
  expect(faultOf('providers:\n  local: { kind: openai-compatible\nmodels: []\n')).toMatch(/^models\.yaml:\d+: /);
});

test('Anthropic needs nothing but its kind', () => {
  const file = parseModelsFile('providers:\n  claude: { kind: anthropic }\nmodels: []\n', 'models.yaml');
  expect(file.providers.claude).toEqual({
    kind: 'anthropic',
    base_url: 'https://api.anthropic.com/v1',
    api_key_env: 'ANTHROPIC_API_KEY',
  });
});

test('gemini needs no more than its kind', () => {
  const { providers: read } = parseModelsFile('providers:\n  google: { kind: gemini }\nmodels: []\n', 'models.yaml');
  expect(read.google).toEqual({
    kind: 'gemini',
    base_url: 'https://generativelanguage.googleapis.com/v1beta',
    api_key_env: 'GEMINI_API_KEY',
  });
});

test('an unknown endpoint and an empty batch are mistakes', () => {
  const backend = '{ provider: local, model: m, max_batch: 0 }';
  expect(faultOf(`${providers}models:\n  - { alias: a, endpoints: [chat, sing], backends: [${backend}] }\n`)).toMatch(
    /^models\.yaml:4: models\.0\.endpoints\.1: .*\nmodels\.yaml:4: models\.0\.backends\.0\.max_batch: /,
  );
});

const model = (fields: string) => `${providers}models:\n  - { alias: a, ${fields} }\n`;
const backends = 'backends: [{ provider: local, model: m }]';

test.each([
  ['a field of a model', model(`contex_window: 1, ${backends}`), 'models.0.contex_window', 'context_window'],
  ['a field of the file', `${model(backends)}model-map: {}\n`, 'model-map', 'model_map'],
  ['a field of a price', model(`price: { inptu: 1 }, ${backends}`), 'models.0.price.inptu', 'input'],
  [
    'a field of a backend',
    model('backends: [{ providr: local, model: m }]'),
    'models.0.backends.0.providr',
    'provider',
  ],
  ['a provider', model('backends: [{ provider: lcoal, model: m }]'), 'models.0.backends.0.provider', 'local'],
  ['an alias', `${model(backends)}  - { alias: b, backends: [{ alias: A }] }\n`, 'models.1.backends.0.alias', 'a'],
  ['a word', model(`strategy: orderd, ${backends}`), 'models.0.strategy', 'ordered'],
  ['a kind', 'providers: { g: { kind: antropic } }\nmodels: []\n', 'providers.g.kind', 'anthropic'],
  ['a preset', 'providers: { g: { preset: open-router } }\nmodels: []\n', 'providers.g.preset', 'openrouter'],
  [
    'a field of a provider',
    'providers: { g: { kind: gemini, baseurl: x } }\nmodels: []\n',
    'providers.g.baseurl',
    'base_url',
  ],
])('a slip in %s is told at its place, with the name that was probably meant', (_, text, field, meant) => {
  const told = faultOf(text);
  expect(told).toContain(` ${field}: `);
  expect(told).toMatch(new RegExp(`Did you mean "${meant}"\\?$`));
});

test('a field that is like no other is told with those that there are', () => {
  const told = faultOf(model(`colour: red, ${backends}`));
  expect(told).toMatch(/models\.0\.colour: This field is not known\. The fields here are alias, family, /);
  expect(told).not.toContain('Did you mean');
});
