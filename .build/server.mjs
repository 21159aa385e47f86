// Compiles the server into `dist`, when its sources have changed. Types are not checked: `npm run types` does that, and
// without it a fresh clone starts in a few seconds instead of half a minute.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import '../prisma/generate.mjs';
import { root, whenChanged } from './when-changed.mjs';

const sources = ['server', 'contracts'];

/** Takes away what was compiled from a source that has been moved or deleted. */
function removeOrphans() {
  for (const folder of sources) {
    for (const name of readdirSync(join(root, 'dist', folder), { recursive: true })) {
      const source = name.match(/^(.*)\.js(\.map)?$/)?.[1];
      if (source === undefined || existsSync(join(root, folder, `${source}.ts`))) continue;
      rmSync(join(root, 'dist', folder, name));
    }
  }
}

whenChanged('dist/.stamp', [...sources, 'tsconfig.json', 'node_modules/typescript/package.json'], () => {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', root, '--noCheck'], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  removeOrphans();
});
