import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EnvError, readEnv } from '../../server/env.ts';
import { variableNames } from '../../server/variables.ts';
import { root } from '../support/start-gateway.ts';

const example = readFileSync(join(root, '.env.example'), 'utf8');
/** `NAME=` and `# NAME=`: a variable that is off stands behind a comment sign. */
const listed = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name);

/** The keys of providers are named by the models file, not by the gateway. */
const providerKeys = [
  ...readFileSync(join(root, 'server/setup/built-in-models.yaml'), 'utf8').matchAll(/api_key_env: (\w+)/g),
].map(([, name = '']) => name);

test('.env.example lists every variable that the gateway reads, and no other', () => {
  const own = listed.filter((name) => !providerKeys.includes(name));
  expect(own.toSorted()).toEqual(variableNames.toSorted());
});

test('.env.example lists no variable twice', () => {
  expect(listed).toHaveLength(new Set(listed).size);
});

test('.env.example is valid as it stands', () => {
  const values = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.trim(),
  ]);
  expect(() => readEnv(Object.fromEntries(values), root)).not.toThrow();
});

test.each([
  ['PORT', '70000'],
  ['PORT', 'http'],
  ['API_BEARER', 'short'],
  ['MAX_BODY_BYTES', '0'],
  ['RATE_LIMIT_PER_SECOND', '-1'],
  ['DETECT_LOCAL', 'yes'],
  ['LOG_LEVEL', 'loud'],
  ['DATABASE_URL', 'postgres://x'],
])('%s=%s is refused by a message that names the variable', (name, value) => {
  expect(() => readEnv({ [name]: value }, root)).toThrow(EnvError);
  expect(() => readEnv({ [name]: value }, root)).toThrow(name);
});
