import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a thread. `source` is its first file: the compiled one of that name runs, or the source itself through tsx when
 * the gateway runs from its sources.
 */
export function startThread(source: URL, options: WorkerOptions): Worker {
  const name = basename(source.pathname, '.ts');
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, import.meta.url), options);
  const root = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const tsx = new URL('./dist/esm/api/index.mjs', root).href;
  // Node 20 does not apply `--import` to the first file of a thread.
  const code = `import('${tsx}').then(({ register }) => { register(); return import('${source.href}'); });`;
  return new Worker(code, { ...options, eval: true });
}
