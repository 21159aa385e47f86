import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { InlineConfig } from 'vitest/node';
import { LongestFirst } from './support/longest-first.ts';
import { useCompiled } from './support/use-compiled.ts';

export const plugins = [useCompiled];

export const config: InlineConfig = {
  root: new URL('..', import.meta.url).pathname,
  include: ['tests/**/*.test.ts'],
  globalSetup: [fileURLToPath(new URL('support/compile-server.ts', import.meta.url))],
  // What is waited for comes when it comes: a busy machine must not fail a test.
  testTimeout: 600_000,
  hookTimeout: 600_000,
  expect: { poll: { timeout: 60_000 } },
  // Each worker imports the server once, for all its files: importing it anew for each took most of the time.
  isolate: false,
  // Most of the time the tests wait: for a browser, for a process that starts, or for a limit of time to pass. More files
  // at once than cores use that time. Each worker needs up to 600 MB.
  maxWorkers: Math.min(8, 2 * availableParallelism()),
  sequence: { sequencer: LongestFirst },
  // Transformed modules are kept between runs: one file that runs alone spends a third less.
  experimental: { fsModuleCache: true },
  // `npm run test:faults` kills the gateway 50 times.
  provide: { kills: 3 },
};

export default defineConfig({ plugins, test: config });
