import type { TestContext } from 'vitest';
import type { Finding } from './check-fault.ts';

/** A row of the table of faults. */
export interface NotedFault {
  readonly fault: string;
  readonly finding: Finding;
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: NotedFault;
  }
  interface ProvidedContext {
    /** How often the gateway is killed: often enough to hit many moments, or a few times in `npm test`. */
    kills: number;
  }
}

/** Hands a fault and what was found after it to the reporter that writes the table. */
export function noteFault({ task }: TestContext, finding: Finding): void {
  task.meta.fault = { fault: task.name, finding };
}
