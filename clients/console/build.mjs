/**
 * Builds the console into dist/console, unless it was built from the same sources already: a second `npm start` waits for
 * nothing. Each file is compressed here, once, so that the gateway only sends bytes.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const dist = join(root, 'dist/console');
const stamp = join(dist, 'sources.txt');
const smallest = 1_000;

const filesIn = (dir) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

function hashSources() {
  const hash = createHash('sha256');
  const sources = [
    ...['src', 'index.html', 'vite.config.mjs', 'build.mjs'].map((name) => join(here, name)),
    join(root, 'clients/typescript/src'),
  ].flatMap((path) => (path.includes('.') && !path.endsWith('src') ? [path] : filesIn(path)));
  for (const file of sources) if (!file.endsWith('.gen.d.ts')) hash.update(file).update(readFileSync(file));
  return hash.update(readFileSync(join(root, 'package.json'))).digest('hex');
}

function compress(file) {
  if (!/\.(js|css|svg|txt)$/.test(file)) return;
  const bytes = readFileSync(file);
  if (bytes.length < smallest) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
}

const sources = hashSources();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
  const { build } = await import('vite');
  await build({ root: here, configFile: join(here, 'vite.config.mjs'), logLevel: 'warn' });
  for (const file of filesIn(join(dist, 'assets'))) compress(file);
  writeFileSync(stamp, sources);
}
