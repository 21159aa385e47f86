/**
 * Builds the console into dist/console, when its sources have changed. Each file is compressed here, once, so that the
 * gateway only sends bytes.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { root, whenChanged } from '../../.build/when-changed.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(root, 'dist/console/assets');
/** A smaller file is not worth a second one beside it. */
const SMALLEST = 1_000;

const sources = ['clients/console', 'clients/typescript/src', 'package.json'];

function compress(file) {
  const bytes = readFileSync(file);
  if (bytes.length < SMALLEST) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
}

function build() {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', here, '--logLevel', 'warn'], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  for (const name of readdirSync(assets)) if (/\.(js|css|svg|txt)$/.test(name)) compress(join(assets, name));
}

whenChanged('dist/console/.stamp', sources, build);
