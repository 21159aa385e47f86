import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackageFiles } from './open-providers.ts';

/** The package's root: the sources and what is built of them lie equally deep. */
export const packageRoot = resolve(fileURLToPath(new URL('../..', import.meta.url)));

export const packageFiles: PackageFiles = {
  builtInModels: join(packageRoot, 'server/setup/built-in-models.yaml'),
  weights: join(packageRoot, 'server/providers/embedded/tinychat-q8_0.gguf'),
};

export const migrationsDir = join(packageRoot, 'prisma/migrations');

export const readVersion = (): string => JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;
