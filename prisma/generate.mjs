// Generates the Prisma client into server/store/generated, offline, and only when its input has changed.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { whenChanged } from '../.build/when-changed.mjs';

const require = createRequire(import.meta.url);
const schema = fileURLToPath(new URL('schema.prisma', import.meta.url));

function generate() {
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
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  process.exit(status ?? 1);
}

whenChanged('server/store/generated/.stamp', [schema, require.resolve('@prisma/client/package.json')], generate);
