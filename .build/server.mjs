// Bundles the server into `dist/server`, when its sources have changed: a process that reads a few files instead of six
// hundred starts in three quarters of the time. Types are not checked: `npm run types` does that.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import '../prisma/generate.mjs';
import { root, whenChanged } from './when-changed.mjs';

/**
 * What is started: processes and threads. All lie in one folder, where they find each other whichever file the code that
 * starts them has come to.
 */
const entries = {
  main: 'server/main.ts',
  cli: 'server/cli/main.ts',
  worker: 'server/store/background/worker.ts',
  'models-file-thread': 'server/setup/models-file-thread.ts',
  'engine-process': 'server/providers/embedded/engine-process.ts',
};

whenChanged(
  'dist/.stamp',
  ['server', 'contracts', 'tsconfig.json', '.build/server.mjs', 'node_modules/esbuild/package.json'],
  () => {
    const outdir = join(root, 'dist/server');
    rmSync(outdir, { recursive: true, force: true });
    buildSync({
      absWorkingDir: root,
      entryPoints: entries,
      outdir,
      bundle: true,
      splitting: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: true,
      logLevel: 'warning',
    });
  },
);
