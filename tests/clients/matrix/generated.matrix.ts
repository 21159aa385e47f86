import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, type Gateway, root, startGateway } from '../../support/start-gateway.ts';

const matrix = join(root, 'tests/clients/matrix');
const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: false,
  skipLibCheck: true,
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  outDir: 'out',
};

let gateway: Gateway;
let folder: string;

const run = (program: string, args: readonly string[], env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [join(matrix, 'node_modules', program), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
  });

beforeAll(async () => {
  gateway = await startGateway();
  folder = mkdtempSync(join(tmpdir(), 'duplex-generated-'));
  mkdirSync(join(folder, 'hey'));
  symlinkSync(join(matrix, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  writeFileSync(join(folder, 'openapi.json'), await (await fetch(`${gateway.url}/openapi.json`)).text());
  copyFileSync(join(matrix, 'generated/consumer.ts'), join(folder, 'consumer.ts'));
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the clients that openapi-typescript and @hey-api/openapi-ts make call chats, streams, conversations and keys', async () => {
  await run('openapi-typescript/bin/cli.js', ['openapi.json', '-o', 'api.d.ts']);
  const config = {
    input: 'openapi.json',
    output: { path: 'hey', importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent', file: false },
  };
  writeFileSync(join(folder, 'openapi-ts.config.mjs'), `export default ${JSON.stringify(config)};`);
  await run('@hey-api/openapi-ts/bin/run.js', ['-f', 'openapi-ts.config.mjs']);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['consumer.ts'] }));
  await run('typescript/bin/tsc', ['-p', 'tsconfig.json']);
  const consumer = promisify(execFile)(process.execPath, ['out/consumer.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH, GATEWAY_URL: gateway.url, GATEWAY_KEY: bearer },
  });
  const told = {
    chat: expect.stringMatching(/Rome/),
    stream: true,
    turn: true,
    conversations: expect.any(Number),
    key: true,
    keys: 'generated',
  };
  expect(JSON.parse((await consumer).stdout)).toEqual({ openApiFetch: told, heyApi: told });
});
