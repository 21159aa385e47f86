import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ProviderKind } from '../../server/providers/provider-kind.ts';
import { createProvider, vendorKinds } from '../../server/providers/registry.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { root } from '../support/start-gateway.ts';

const rows: readonly ProviderKind[] = vendorKinds;
const providers = join(root, 'server/providers');
const folders = readdirSync(providers, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** Folders that are no dialect of one vendor's: the transport, and what is no row because it needs more than an address. */
const others = ['embedded', 'http', 'images-api', 'openai-compatible'];

const entryOf = (kind: string, rest = '') =>
  parseModelsFile(`providers:\n  mine: { kind: ${kind}${rest} }\nmodels: []\n`, 'models.yaml').providers.mine;

test('every folder of a vendor has its row in the registry', () => {
  expect(rows.map(({ kind }) => kind).toSorted()).toEqual(folders.filter((name) => !others.includes(name)).toSorted());
});

test.each(rows)('the row of $kind is all that the models file needs to know', ({ kind, vendor }) => {
  expect(entryOf(kind)).toMatchObject({ kind, base_url: vendor.baseUrl, api_key_env: vendor.apiKeyEnv });
  // The vendor's key goes to the vendor alone.
  expect(entryOf(kind, ', base_url: "https://other.example/v1"')).toMatchObject({ kind, api_key_env: undefined });
});

test.each(vendorKinds)('the row of $kind is all that makes a provider of it', async ({ kind, vendor }) => {
  const provider = createProvider('mine', {
    kind,
    own: {},
    baseUrl: vendor.baseUrl,
    apiKey: 'key',
    firstByteMs: undefined,
    idleMs: undefined,
  });
  expect([provider.id, provider.kind, provider.fieldPolicy]).toEqual(['mine', kind, vendor.policy]);
  await provider.close();
});

test('a field that only one kind has is refused to the others', () => {
  const field = ', reasoning_summary: none';
  for (const { kind, fields = {} } of rows) {
    const parse = () => entryOf(kind, field);
    if ('reasoning_summary' in fields) expect(parse()).toMatchObject({ reasoning_summary: 'none' });
    else expect(parse).toThrow('reasoning_summary');
  }
});

test('what surrounds the dialects names none of them but in the registry', () => {
  const setup = readdirSync(join(root, 'server/setup')).filter((file) => file.endsWith('.ts'));
  const shared = readdirSync(providers).filter((file) => file.endsWith('.ts') && file !== 'registry.ts');
  const files = [...setup.map((file) => `server/setup/${file}`), ...shared.map((file) => `server/providers/${file}`)];
  const naming = files.filter((file) => {
    const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return rows.some(({ kind }) => new RegExp(`kind[^\\n]*'${kind}'|case '${kind}'`).test(code));
  });
  expect(naming).toEqual([]);
});
