import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import SwaggerParser from '@apidevtools/swagger-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorRow, errorCatalog } from '../../contracts/errors.ts';
import { type Gateway, root, startGateway } from '../support/start-gateway.ts';

let gateway: Gateway;
let folder: string;
let text: string;
beforeAll(async () => {
  gateway = await startGateway();
  folder = mkdtempSync(join(tmpdir(), 'duplex-openapi-'));
  text = await (await fetch(`${gateway.url}/openapi.json`)).text();
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

test('the document is OpenAPI 3.1 and valid', async () => {
  const document = JSON.parse(text);
  expect(document.openapi).toMatch(/^3\.1\./);
  await SwaggerParser.validate(document);
});

test('Redocly finds nothing in it to mend', async () => {
  const file = join(folder, 'openapi.json');
  writeFileSync(file, text);
  const lint = promisify(execFile)(
    process.execPath,
    [join(root, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', file, '--format=json'],
    {
      cwd: folder,
      env: { PATH: process.env.PATH, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const { stdout } = await lint.catch((failed: { stdout: string }) => failed);
  const { totals, problems } = JSON.parse(stdout);
  expect(problems).toEqual([]);
  expect(totals).toMatchObject({ errors: 0, warnings: 0 });
});

test('a change of the document shows as a change of its snapshot', async () => {
  await expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toMatchFileSnapshot(
    join(root, 'tests/snapshots/openapi.json'),
  );
});

test('every path of the document is served, and asks for a key where it says so', async () => {
  const { paths } = JSON.parse(text);
  for (const [path, operations] of Object.entries<Record<string, { security?: object[] }>>(paths)) {
    for (const [method, { security }] of Object.entries(operations)) {
      const url = gateway.url + path.replace(/\{\w+\}/g, 'x');
      const { status } = await fetch(url, { method: method.toUpperCase() });
      expect([method, path, status]).toEqual([method, path, security?.length ? 401 : 200]);
    }
  }
});

/** Such as `200`. */
const statusesOf = (path: string, method: string): string[] =>
  Object.keys(JSON.parse(text).paths[path.replace(/\/x$/, '/{id}')]?.[method]?.responses ?? {});

describe('what a request is answered with before its operation runs is described', () => {
  const operations = () =>
    Object.entries<Record<string, { requestBody?: object; security?: object[]; responses: object }>>(
      JSON.parse(text).paths,
    ).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));

  test('for each, with a body, and with a key, by the rows of the errors', () => {
    const rows: ErrorRow[] = Object.values(errorCatalog);
    const statuses = (scope: ErrorRow['answers']) =>
      rows.filter(({ answers }) => answers === scope).map(({ status }) => String(status));
    expect(statuses('body')).toEqual(expect.arrayContaining(['400', '413', '415']));
    for (const { path, method, operation } of operations()) {
      const { requestBody, security, responses } = operation;
      const expected = [
        ...statuses('any'),
        ...(requestBody ? statuses('body') : []),
        ...(security?.length ? statuses('key') : []),
      ];
      expect([path, method, Object.keys(responses)]).toEqual([path, method, expect.arrayContaining(expected)]);
    }
  });

  let small: Gateway;
  beforeAll(async () => {
    small = await startGateway({ env: { MAX_BODY_BYTES: '32000' } });
  });
  afterAll(() => small.close());

  test.each([
    ['too large', { body: ' '.repeat(40_000) }, 413],
    ['of another type', { body: '<a/>', headers: { 'content-type': 'text/xml' } }, 415],
    ['with too many levels', { body: '['.repeat(1_000) }, 400],
    ['with the character U+0000', { body: '{"model":"x\\u0000","messages":[]}' }, 400],
    ['that is no JSON', { body: '{' }, 400],
    ['without a key', { body: '{}', headers: { authorization: '' } }, 401],
    ['with too many headers', { headers: { 'x-long': 'x'.repeat(20_000) } }, 431],
  ])('a request %s', async (_, { body, headers = {} }: { body?: string; headers?: Record<string, string> }, status) => {
    for (const path of ['/v1/chat/completions', '/c1/chat', '/v1/responses', '/v1/messages', '/v1/embeddings']) {
      const answer = await small.call('POST', path, body ?? '{}', headers);
      await answer.text();
      expect([path, answer.status]).toEqual([path, status]);
      expect(statusesOf(path, 'post')).toContain(String(status));
    }
  });
});

test('every schema that is referred to exists, and chats are described as JSON and as a stream', () => {
  const document = JSON.parse(text);
  const refs = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
  expect(refs.filter((name) => !(name in document.components.schemas))).toEqual([]);
  for (const path of ['/v1/chat/completions', '/c1/chat']) {
    const { responses, requestBody } = document.paths[path].post;
    expect(Object.keys(responses['200'].content)).toEqual(['application/json', 'text/event-stream']);
    expect(requestBody.content['application/json'].schema.$ref).toMatch(/(ChatCompletion|Turn)Request$/);
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '401', '413', '429', '502', '503', '504']));
  }
});
