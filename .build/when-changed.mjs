// Does a piece of building only when its input has changed since it was last done.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** The paths of a file, or of all the sources below a folder, from the root of the repository. */
function filesOf(path) {
  if (!statSync(resolve(root, path)).isDirectory()) return [path];
  return readdirSync(resolve(root, path), { recursive: true })
    .filter((name) => /\.(?:m?ts|tsx|mjs|css|html|svg|woff2)$/.test(name) && !name.endsWith('.gen.d.ts'))
    .map((name) => join(path, name))
    .sort();
}

// The contents, not the files' times: a checkout or a copy changes those without a reason to build anew.
function hashOf(inputs) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap(filesOf)) hash.update(`${file}\0`).update(readFileSync(resolve(root, file)));
  return hash.digest('hex');
}

/**
 * Calls `build` unless `stamp`, a file beside what was built, holds the hash of `inputs`. Inputs are files or folders of
 * sources. The stamp is written last: a build that failed or was interrupted is done again.
 */
export function whenChanged(stamp, inputs, build) {
  const file = resolve(root, stamp);
  const hash = hashOf(inputs);
  if (existsSync(file) && readFileSync(file, 'utf8') === hash) return;
  rmSync(file, { force: true });
  build();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, hash);
}
