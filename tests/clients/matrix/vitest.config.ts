import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    // Agents are skipped, and say so, where AGENTS_DIR does not name the folder in which npm installed them.
    include: ['tests/clients/matrix/*.matrix.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Each agent is a program of its own: more at once than cores only make each other slow.
    maxWorkers: 2,
  },
});
