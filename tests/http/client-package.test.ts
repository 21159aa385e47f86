import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packClient, packFiles } from '../../clients/typescript/pack.mjs';
import { type Gateway, root, startGateway } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { BASE_PATH: '/llm' } });
});
afterAll(() => gateway.close());

const integrityOf = (bytes: Uint8Array) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;

test('npm installs the client from the gateway, without a key and below a path prefix', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'package.json'), '{ "private": true, "type": "module" }');
  const url = `${gateway.url}/llm/client.tgz`;
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
  // The packages beside it, which a front end has from a registry, are left out here.
  const options = [
    '--legacy-peer-deps',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--cache',
    join(cwd, 'cache'),
  ];
  await run('npm', ['install', url, ...options], { cwd });

  const lock = JSON.parse(readFileSync(join(cwd, 'package-lock.json'), 'utf8')).packages['node_modules/@duplex/client'];
  expect(lock).toMatchObject({ version, resolved: url, integrity: integrityOf(bytes) });
  const installed = join(cwd, 'node_modules/@duplex/client');
  expect(readdirSync(installed).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const { types, default: code } of Object.values<{ types: string; default: string }>(exports)) {
    expect(readFileSync(join(installed, types), 'utf8')).not.toBe('');
    expect(readFileSync(join(installed, code), 'utf8')).not.toBe('');
  }
});

test('a browser or a cache that has the package is not sent it again', async () => {
  const first = await fetch(`${gateway.url}/client.tgz`);
  expect(first.headers.get('content-type')).toBe('application/gzip');
  const etag = first.headers.get('etag') ?? '';
  const again = await fetch(`${gateway.url}/client.tgz`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
});

test('the same sources make the same bytes', async () => {
  const served = Buffer.from(await (await fetch(`${gateway.url}/client.tgz`)).arrayBuffer());
  const file = join(tempFolder(), 'client.tgz');
  packClient(file, { here: join(root, 'clients/typescript'), root });
  expect(integrityOf(readFileSync(file))).toBe(integrityOf(served));
  // What zlib makes of a text is another thing on every machine.
  expect(gzipSync(gunzipSync(served), { level: 9 }).equals(served)).toBe(false);
});

test('tar reads files of every size, whose names come in any order', async () => {
  const folder = tempFolder();
  const files = [0, 1, 511, 512, 513, 65_535, 65_536, 200_000].map((size): [string, Uint8Array] => [
    `size-${size}.bin`,
    Buffer.alloc(size, `${size}:`),
  ]);
  packFiles(join(folder, 'one.tgz'), files);
  packFiles(join(folder, 'two.tgz'), files.toReversed());
  expect(readFileSync(join(folder, 'two.tgz')).equals(readFileSync(join(folder, 'one.tgz')))).toBe(true);
  await run('tar', ['-xzf', 'one.tgz'], { cwd: folder });
  for (const [name, bytes] of files) expect(readFileSync(join(folder, 'package', name)).equals(bytes)).toBe(true);
});

test('a gateway whose client was not built says what to do', async () => {
  const bare = await startGateway({ clientFile: join(tempFolder(), 'none.tgz') });
  const response = await fetch(`${bare.url}/client.tgz`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: { code: 'route_not_found', message: expect.stringContaining('npm run build') },
  });
  await bare.close();
});
