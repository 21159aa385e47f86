// Generates the Prisma client into server/store/generated, offline, and only when its input has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const schema = fileURLToPath(new URL('schema.prisma', import.meta.url));
const client = fileURLToPath(new URL('../server/store/generated/client.ts', import.meta.url));
const stamp = fileURLToPath(new URL('../server/store/generated/.stamp', import.meta.url));

const input = createHash('sha256')
  .update(readFileSync(schema))
  .update(require('@prisma/client/package.json').version)
  .digest('hex');

// A hash, not the files' times: a checkout or a copy changes those without a reason to generate anew.
const current = existsSync(client) && existsSync(stamp) && readFileSync(stamp, 'utf8') === input;
if (!current) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    // The command line is installed under another name: as a peer of `@prisma/client` it would belong to the run-time tree.
    [require.resolve('prisma-cli/build/index.js'), 'generate', `--schema=${schema}`, '--no-hints'],
    {
      // It reports its progress, on stderr as well; that is of interest only when it fails.
      encoding: 'utf8',
      // `generate` is WebAssembly, yet the CLI first insists on a schema engine, which it would download. Any file
      // that exists satisfies it. Never set this for `migrate` or `db`: they would do nothing and call it success.
      env: {
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        ...process.env,
      },
    },
  );
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, input);
}
