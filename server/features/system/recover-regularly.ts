import type { Store } from '../../store/interface/store.ts';

const EVERY_MS = 10_000;

export interface RecoveryListener {
  /** Told how many processes had left something. */
  recovered(processes: number): void;
  /** Told when it failed; it is tried again the next time. */
  failed(error: unknown): void;
}

/**
 * Cleans up, every ten seconds, after other processes of the same database that were killed. Without it their
 * reservations would keep money from its owners until a process starts.
 */
export class RegularRecovery {
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, 'recover'>, { recovered, failed }: RecoveryListener) {
    const run = async () => {
      const processes = await store.recover();
      if (processes > 0) recovered(processes);
    };
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(run).catch(failed);
    }, EVERY_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}
