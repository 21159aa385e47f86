import { repeatEvery } from '../../event-loop/repeat-every.ts';
import type { Store } from '../../store/interface/store.ts';

const EVERY_MS = 10_000;

export interface RecoveryListener {
  /** Called with the number of processes that had left something. */
  recovered(processes: number): void;
  /** Receives failures; the next round tries again. */
  failed(error: unknown): void;
}

/**
 * Cleans up, every ten seconds, after other processes of the same database that were killed. Without it their
 * reservations would keep money from its owners until a process starts.
 */
export class RegularRecovery {
  /** Ends it, and resolves when the round in progress has ended. */
  readonly close: () => Promise<void>;

  constructor(store: Pick<Store, 'recover'>, { recovered, failed }: RecoveryListener) {
    const run = async () => {
      const processes = await store.recover();
      if (processes > 0) recovered(processes);
    };
    this.close = repeatEvery(EVERY_MS, () => run().catch(failed));
  }
}
