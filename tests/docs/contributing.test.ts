import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasProgram } from '../support/find-program.ts';
import { root } from '../support/start-gateway.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { readBlocks } from './read-blocks.ts';

const hasGit = await hasProgram('git', ['--version']);

test.skipIf(!hasGit)('a change of the schema becomes a migration, as CONTRIBUTING describes it', () => {
  const block = readBlocks('docs/CONTRIBUTING.md').find(({ text }) => text.includes('schema-diff.mjs'));
  const folder = tempFolder();
  cpSync(join(root, 'prisma'), join(folder, 'prisma'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const sh = (script: string) => execFileSync('bash', ['-ec', script], { cwd: folder, stdio: 'pipe' });
  sh('git init -q && git add prisma && git -c user.name=a -c user.email=a@example.com commit -qm schema');
  appendFileSync(join(folder, 'prisma/schema.prisma'), '\nmodel Label {\n  id String @id\n}\n');
  sh(block?.text ?? 'exit 1');
  const [made = ''] = readdirSync(join(folder, 'prisma/migrations')).filter((name) => name.endsWith('_add_labels'));
  const sql = readFileSync(join(folder, 'prisma/migrations', made, 'migration.sql'), 'utf8');
  expect(sql).toMatch(/CREATE TABLE "Label"/);
});
