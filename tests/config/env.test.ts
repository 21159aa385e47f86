import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEnv } from '../../server/env.ts';
import { openBearer } from '../../server/setup/open-bearer.ts';

test('a wrong variable is named, and every wrong one at once', () => {
  expect(() => readEnv({ PORT: 'abc', LOG_LEVEL: 'loud' }, '/')).toThrow(/PORT:[\s\S]*LOG_LEVEL:/);
});

test('RUST_API_BEARER is the alias of API_BEARER, and an empty variable is an absent one', () => {
  expect(readEnv({ RUST_API_BEARER: 'long-enough' }, '/').apiBearer).toBe('long-enough');
  expect(readEnv({ API_BEARER: '', RUST_API_BEARER: 'long-enough' }, '/').apiBearer).toBe('long-enough');
  expect(readEnv({}, '/').apiBearer).toBeUndefined();
});

test('without a bearer a random one is made once and kept, readable by its owner alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-bearer-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const first = openBearer(undefined, join(folder, 'data'));
  const again = openBearer(undefined, join(folder, 'data'));
  expect(first).toMatchObject({ created: true, bearer: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(again).toEqual({ ...first, created: false });
  const file = join(folder, 'data/api-bearer');
  expect(first.file).toBe(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8').trim()).toBe(first.bearer);
});
