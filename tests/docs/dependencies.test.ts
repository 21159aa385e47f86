import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { root } from '../support/start-gateway.ts';

const names = z.record(z.string(), z.string()).default({});
const Manifest = z.object({ dependencies: names, devDependencies: names, peerDependencies: names });

const manifestOf = (folder: string) =>
  Manifest.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')));

const clients = readdirSync(join(root, 'clients'))
  .map((name) => join('clients', name))
  .filter((folder) => existsSync(join(root, folder, 'package.json')))
  .map(manifestOf);

const page = readFileSync(join(root, 'docs/dependencies.md'), 'utf8');

/** The rows of the table below a heading, as cells. */
function rowsBelow(heading: string): string[][] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return own
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

const main = manifestOf('.');
const ofClients = clients.flatMap((one) => Object.values(one).flatMap((group) => Object.keys(group)));

const tables = [
  ['At run time', Object.keys(main.dependencies)],
  ['For development', Object.keys(main.devDependencies)],
  ['Of the TypeScript client', ofClients],
] as const;

describe.each(tables)('the table "%s"', (heading, packages) => {
  const rows = rowsBelow(heading);

  test('has one line for each package, and no others', () => {
    expect(packages.length).toBeGreaterThan(0);
    const told = rows.map(([, name = '']) => name.replaceAll('`', ''));
    expect(told.toSorted()).toEqual([...new Set(packages)].toSorted());
  });

  test('gives each package a reason, and says why nothing smaller does', () => {
    for (const [, name, reason = '', alternative = ''] of rows) {
      for (const sentence of [reason, alternative]) {
        expect([name, sentence]).toEqual([name, expect.stringMatching(/^\S+( \S+){2,}\.$/)]);
      }
    }
  });
});

test('the pages for contributors lead to the list', () => {
  for (const name of ['README.md', 'architecture.md']) {
    expect(readFileSync(join(root, 'docs', name), 'utf8')).toContain('(dependencies.md)');
  }
});
