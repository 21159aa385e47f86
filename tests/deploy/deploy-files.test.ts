import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readEnv } from '../../server/env.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { variableNames } from '../../server/variables.ts';
import { root } from '../support/start-gateway.ts';

const folder = join(root, 'docs/deploy');
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');

test.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))('%s is YAML', (file) => {
  for (const document of parseAllDocuments(read(file))) expect(document.errors).toEqual([]);
});

test('the page names every file of the folder, and no other', () => {
  const named = [...read('README.md').matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
  for (const path of named) expect(existsSync(join(folder, path)), path).toBe(true);
  for (const file of readdirSync(folder)) expect(file === 'README.md' || named.includes(file), file).toBe(true);
});

test('the models file of the compose example is one', () => {
  const [document] = parseAllDocuments(read('compose.vllm.yaml'));
  const content = document?.getIn(['configs', 'models', 'content']);
  expect(() => parseModelsFile(String(content), 'models.yaml')).not.toThrow();
});

describe('the Dockerfile', () => {
  test('copies every file that the server reads at its start', () => {
    const files = ['server/main.ts', 'server/setup/package-root.ts'];
    const text = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    const paths = [...text.matchAll(/join\(packageRoot, '([^']+)'\)/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      const copied = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map(([, name = '']) => name);
      expect(
        copied.some((name) => path === name || path.startsWith(`${name}/`)),
        path,
      ).toBe(true);
    }
  });

  test('runs as a user without rights, and sets variables that the gateway knows', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    const [, settings = ''] = dockerfile.match(/^ENV (.*)$/m) ?? [];
    const names = settings.split(' ').map((setting) => setting.split('=')[0] ?? '');
    for (const name of names) if (name !== 'NODE_ENV') expect(variableNames).toContain(name);
    const values = Object.fromEntries(settings.split(' ').map((setting) => setting.split('=')));
    expect(() => readEnv(values, root)).not.toThrow();
  });
});
