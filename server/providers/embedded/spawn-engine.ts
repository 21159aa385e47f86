import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Starts the process of the engine: the compiled file, or, when we run from the sources ourselves, the source through
 * tsx. Its output goes nowhere: llama.cpp logs a page per request there, prompts included.
 */
export function spawnEngine(): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(`./engine-process.${fromSource ? 'ts' : 'js'}`, import.meta.url));
  const execArgv = fromSource ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
  return fork(entry, [], {
    execArgv,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
