import { readdirSync, rmSync } from 'node:fs';
import { join, parse } from 'node:path';
import { buildSync } from 'esbuild';
import { root } from '../support/start-gateway.ts';

let folder: string | undefined;

/**
 * Bundles the programs of `children/` once, and returns their folder. A bundled program starts much sooner than one that
 * compiles the sources of the store at each start. Each worker of vitest has a folder of its own, which goes with it.
 */
export function bundleChildren(): string {
  if (folder !== undefined) return folder;
  const sources = join(root, 'tests/store/children');
  // Packages are found from a folder below the root only.
  const outdir = join(root, `node_modules/.cache/store-children-${process.pid}`);
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  buildSync({
    entryPoints: [
      ...readdirSync(sources).map((name) => ({ in: join(sources, name), out: parse(name).name })),
      // The store starts its thread from the file beside its own.
      { in: join(root, 'server/store/background/worker.ts'), out: 'worker' },
    ],
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  folder = outdir;
  return outdir;
}
