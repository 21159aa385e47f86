import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readEnv } from '../../server/env.ts';
import { parseModelsFile } from '../../server/setup/models-file.ts';
import { variableNames } from '../../server/variables.ts';
import { hasProgram } from '../support/find-program.ts';
import { root } from '../support/start-gateway.ts';
import { adapt } from '../support/start-reverse-proxy.ts';
import { tempFolder } from '../support/temp-folder.ts';

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

const hasSystemd = await hasProgram('systemd-analyze', ['--version']);

test.skipIf(!hasSystemd)('systemd has no complaint about the unit', async () => {
  const unit = join(tempFolder(), 'duplex.service');
  // It also looks whether the program is there.
  writeFileSync(unit, adapt(read('duplex.service'), [['/usr/bin/node', process.execPath]]));
  const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', unit]);
  expect([stdout, stderr]).toEqual(['', '']);
});

const hasKubernetes = await hasProgram('kubernetes-validate', ['--version']);

test.skipIf(!hasKubernetes)('the manifest has the fields that Kubernetes knows, and no others', async () => {
  const file = join(folder, 'kubernetes.yaml');
  const checked = await promisify(execFile)('kubernetes-validate', ['--strict', file]);
  expect(checked.stdout + checked.stderr).toMatch(/deployment\/duplex/);
});

test('the probes, the volumes and the variables of the manifest are those of the gateway', () => {
  const deployment = parseAllDocuments(read('kubernetes.yaml'))
    .map((document) => document.toJS())
    .find(({ kind }) => kind === 'Deployment');
  const { containers, volumes } = deployment.spec.template.spec;
  const [container] = containers;
  expect([container.readinessProbe.httpGet.path, container.livenessProbe.httpGet.path]).toEqual([
    '/readyz',
    '/healthz',
  ]);
  const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
  expect(mounted).toEqual(volumes.map(({ name }: { name: string }) => name));
  for (const { name } of container.env) expect(variableNames).toContain(name);
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
