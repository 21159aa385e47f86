import { defineConfig } from 'vitest/config';
import { config, plugins } from '../vitest.config.ts';
import { FaultTable } from './fault-table.ts';

/** The faults, with many kills. What is found becomes `docs/faults.md`. */
export default defineConfig({
  plugins,
  test: {
    ...config,
    include: ['tests/faults/*.test.ts'],
    provide: { kills: Number(process.env.KILLS ?? 50) },
    reporters: ['default', new FaultTable()],
  },
});
