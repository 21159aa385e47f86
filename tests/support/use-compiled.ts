import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiled = pathToFileURL(`${root}dist/server/main.js`).href;
/** The files that start a thread or a process from the file beside them. */
const starters = ['server/event-loop/start-thread.ts', 'server/providers/embedded/spawn-engine.ts'];

/**
 * Lets the gateways that run in the tests' own process start the compiled threads and engines, as production does.
 * Through tsx each of them needs almost three times the processor time, and most gateways start two.
 */
export const useCompiled: Plugin = {
  name: 'use-compiled',
  enforce: 'pre',
  transform(code, id) {
    if (!starters.some((file) => id === root + file)) return;
    return { code: code.replaceAll('import.meta.url', JSON.stringify(compiled)), map: null };
  },
};
