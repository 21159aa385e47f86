import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackageFiles } from './open-providers.ts';

/** The package's root, from the sources as well as from `dist`. */
function findRoot(): string {
  const here = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  return here.endsWith('dist') ? dirname(here) : here;
}

export const packageRoot = findRoot();

export const packageFiles: PackageFiles = {
  builtInModels: join(packageRoot, 'server/setup/built-in-models.yaml'),
  weights: join(packageRoot, 'server/providers/embedded/tinychat-q8_0.gguf'),
};

export const migrationsDir = join(packageRoot, 'prisma/migrations');

export const readVersion = (): string => JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;
