import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { RunStore } from '../../store/interface/runs.ts';
import type { Run } from './run.ts';

/** Runs that are due within so many ms share a commit. */
const TICK_MS = 100;

/** Writes the logs of the runs in progress: each a second after its last write, or when it has more to write. */
export class RunFlusher {
  readonly #runs = new Set<Run>();
  readonly #store: RunStore;
  readonly #onError: (error: unknown) => void;
  readonly #onTick: (now: number, runs: ReadonlySet<Run>) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `onTick` is called ten times a second while there are runs. */
  constructor(
    store: RunStore,
    onError: (error: unknown) => void,
    onTick: (now: number, runs: ReadonlySet<Run>) => void,
  ) {
    this.#store = store;
    this.#onError = onError;
    this.#onTick = onTick;
  }

  add(run: Run): void {
    this.#runs.add(run);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Resolves when nothing of the run is being written any more. */
  async remove(run: Run): Promise<void> {
    this.#runs.delete(run);
    await run.writing;
  }

  /** Resolves when that succeeded or failed; after a failure the log stays in memory and is written with the next tick. */
  flush(runs: readonly Run[]): Promise<void> {
    const idle = runs.filter(({ writing }) => !writing);
    const segments = idle.flatMap((run) => {
      return run.takeSegments().map((segment) => ({ run, segment }));
    });
    if (segments.length === 0) return Promise.resolve();
    const writing = this.#store.append(segments.map(({ segment }) => segment)).then(
      (deleted) => {
        for (const { run, segment } of segments) {
          run.settle(segment);
          if (deleted.includes(segment.runKey))
            run.stop(new AppError('run_cancelled', 'The conversation was deleted.'));
        }
      },
      (error: unknown) => this.#onError(error),
    );
    for (const { run } of segments) {
      run.writing = writing.finally(() => {
        run.writing = null;
      });
    }
    return writing;
  }

  #tick(): void {
    if (this.#runs.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = monotonicNow();
    this.#onTick(now, this.#runs);
    const due = [...this.#runs].filter((run) => run.isDue(now));
    if (due.length > 0) void this.flush(due);
  }
}
