import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { errorOf } from '../support/error-of.ts';
import { type Gateway, startGateway } from '../support/start-gateway.ts';

const models = (alias: string) => `# Kept by hand.
providers:
  up: { kind: openai-compatible, base_url: "http://127.0.0.1:9/v1" }
models:
  - { alias: ${alias}, backends: [{ provider: up, model: m }] } # the only one
`;

let gateway: Gateway;
afterEach(() => gateway.close());
const start = async (env: Record<string, string> = {}) => {
  gateway = await startGateway({ models: models('a'), env: { WATCH_MODELS: 'off', ...env } });
  return join(gateway.dataDir, 'models.yaml');
};
const read = async () => (await gateway.call('GET', '/api/models-file')).json();
const write = (text: string, version: string) => gateway.call('POST', '/api/models-file', { text, version });
const check = async (text: string) => (await gateway.call('POST', '/api/models-file/check', { text })).json();

test('the text that the administrator writes is in the file to the byte, in effect, and in the audit', async () => {
  const file = await start();
  chmodSync(file, 0o640);
  const { name, text, version, editable, why_not } = await read();
  expect({ name, text, editable, why_not }).toEqual({
    name: 'models.yaml',
    text: models('a'),
    editable: true,
    why_not: null,
  });
  const response = await write(models('b'), version);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ report: { models: { added: ['b'], removed: ['a'] } } });
  expect(readFileSync(file, 'utf8')).toBe(models('b'));
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(gateway.dataDir).filter((entry) => /^\.models/.test(entry))).toEqual([]);
  const { data }: { data: { id: string }[] } = await (await gateway.call('GET', '/v1/models')).json();
  expect(data.map(({ id }) => id)).toEqual(['b']);
  const audit: { items: object[] } = await (await gateway.call('GET', '/api/audit')).json();
  expect(audit.items[0]).toMatchObject({ action: 'models.write', details: { before: version } });
});

test('a text with faults is told where they are, and neither written nor put into effect', async () => {
  const file = await start();
  const bad = `${models('a').replace('provider: up', 'provider: upp')}  - { alias: a, colour: red, backends: [] }\n`;
  const { faults, report } = await check(bad);
  expect(report).toBeNull();
  expect(faults).toContainEqual(expect.objectContaining({ line: 6, field: expect.stringMatching(/^models\.1/) }));
  expect((await check('models: [')).faults[0]).toMatchObject({ line: 1, field: null });
  const { version } = await read();
  const refused = await write(bad, version);
  expect(refused.status).toBe(422);
  expect(await errorOf(refused)).toMatchObject({ code: 'models_file_rejected', param: 'text' });
  expect(readFileSync(file, 'utf8')).toBe(models('a'));
});

test('a check says what would change, and changes nothing', async () => {
  await start();
  expect(await check(models('b'))).toMatchObject({ faults: [], report: { changed: true, models: { added: ['b'] } } });
  expect(await check(models('a'))).toMatchObject({ report: { changed: false } });
  const { data }: { data: { id: string }[] } = await (await gateway.call('GET', '/v1/models')).json();
  expect(data.map(({ id }) => id)).toEqual(['a']);
});

test('a text that was made from an older file undoes nobody else’s change', async () => {
  const file = await start();
  const { version } = await read();
  writeFileSync(file, models('theirs'));
  const refused = await write(models('mine'), version);
  expect(refused.status).toBe(409);
  expect(await errorOf(refused)).toMatchObject({ code: 'models_file_changed', param: 'version' });
  expect(readFileSync(file, 'utf8')).toBe(models('theirs'));
});

test('a link to the file stays a link', async () => {
  const file = await start();
  const real = join(gateway.dataDir, 'real.yaml');
  renameSync(file, real);
  symlinkSync(real, file);
  const { version } = await read();
  expect((await write(models('b'), version)).status).toBe(200);
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, 'utf8')).toBe(models('b'));
});

test.each([
  ['it is switched off', { CONSOLE_EDITS_MODELS: 'off' }, 'switched_off'],
  ['other machines can reach the gateway', { HOST: '0.0.0.0' }, 'remote'],
])('it is read and not written where %s', async (_why, env, reason) => {
  const file = await start(env);
  const { text, version, editable, why_not: told } = await read();
  expect({ text, editable, told }).toEqual({ text: models('a'), editable: false, told: reason });
  for (const refused of [
    await write(models('b'), version),
    await gateway.call('POST', '/api/models-file/check', { text: models('b') }),
  ]) {
    expect(refused.status).toBe(403);
    expect(await errorOf(refused)).toMatchObject({ code: 'models_file_not_editable' });
  }
  expect(readFileSync(file, 'utf8')).toBe(models('a'));
});

test('other machines may be allowed to, by the setting', async () => {
  await start({ HOST: '0.0.0.0', CONSOLE_EDITS_MODELS: 'on' });
  expect(await read()).toMatchObject({ editable: true });
});

test('the built-in models are shown and never written', async () => {
  gateway = await startGateway();
  expect(await read()).toMatchObject({ editable: false, why_not: 'built_in' });
});

test('a key neither reads nor writes it', async () => {
  await start();
  const { key } = await (await gateway.call('POST', '/api/keys', { name: 'k' })).json();
  const headers = { authorization: `Bearer ${key}` };
  for (const [method, path, body] of [
    ['GET', '/api/models-file', undefined],
    ['POST', '/api/models-file/check', { text: '' }],
    ['POST', '/api/models-file', { text: '', version: 'x' }],
    ['GET', '/api/backends', undefined],
    ['POST', '/api/backends/test', { backend: 'up/m' }],
  ] as const) {
    const refused = await gateway.call(method, path, body, headers);
    expect([path, refused.status]).toEqual([path, 403]);
  }
});
