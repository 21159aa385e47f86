import { setImmediate as nextTick } from 'node:timers/promises';
import { AppError } from '../errors/app-error.ts';
import { useDatabase } from './failures.ts';

const BATCH = 200;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

export interface BackgroundWriterOptions<Item> {
  /** What one item and several are called in reports, such as `a usage row` and `usage rows`. */
  readonly one: string;
  readonly many: string;
  /** Writes a batch, all of it or nothing. Once is enough, and more must do no harm. */
  write(batch: readonly Item[]): Promise<unknown>;
  /** Told of items that are lost, and of writes that failed and will be tried again. */
  readonly onError: (error: unknown) => void;
  /** How many items one write may take. Default 200. */
  readonly batch?: number;
  /** How long an item waits for others to share its write, in ms. Default 0: it is written at once. */
  readonly waitMs?: number;
  /** Beyond this the oldest items are dropped. Default: none is. */
  readonly maxQueued?: number;
}

/**
 * Writes what nobody waits for, in batches and in order. While the database fails it keeps the items and tries again,
 * ever less often: 100 ms, doubled each time, up to 10 s.
 */
export class BackgroundWriter<Item> {
  readonly #options: Required<BackgroundWriterOptions<Item>>;
  #queue: Item[] = [];
  #dropped = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: BackgroundWriterOptions<Item>) {
    this.#options = { batch: BATCH, waitMs: 0, maxQueued: Number.POSITIVE_INFINITY, ...options };
  }

  add(item: Item): void {
    this.#queue.push(item);
    this.#dropOldest();
    const { batch, waitMs } = this.#options;
    if (this.#failures === 0 && (waitMs === 0 || this.#queue.length >= batch)) this.#writeInBackground();
    else this.#schedule();
  }

  /** Resolves when everything that was added is written. Rejects when the database does not answer: it stays queued. */
  async flush(): Promise<void> {
    // A write that is under way may have taken its last batch already.
    await this.#writing?.catch(() => {});
    await this.#write();
  }

  /** Writes what is queued, or reports how much is lost. */
  async close(): Promise<void> {
    await this.flush().catch((cause: unknown) => {
      const { many, onError } = this.#options;
      onError(new Error(`${this.#queue.length} ${many} were lost: the database failed`, { cause }));
    });
    clearTimeout(this.#timer);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
      if (this.#queue.length > 0) this.#schedule();
    });
    return this.#writing;
  }

  #writeInBackground(): void {
    if (!this.#writing) this.#write().catch((error: unknown) => this.#options.onError(error));
  }

  #schedule(): void {
    if (this.#writing) return;
    const { waitMs } = this.#options;
    const delay = this.#failures === 0 ? waitMs : Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writeInBackground();
    }, delay).unref();
  }

  /** Writes what is queued now. What comes meanwhile waits for a batch of its own: a commit costs as much as many rows. */
  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What is added in the same turn of the event loop shares a write.
    await Promise.resolve();
    try {
      for (let left = this.#queue.length; left > 0; ) {
        const batch = this.#queue.slice(0, Math.min(left, this.#options.batch));
        const before = this.#dropped;
        await this.#writeBatch(batch);
        // While it was written, the oldest may have been dropped from the queue.
        const dropped = this.#dropped - before;
        this.#queue.splice(0, Math.max(0, batch.length - dropped));
        left -= Math.max(batch.length, dropped);
        this.#failures = 0;
        await nextTick();
      }
      this.#reportDropped();
    } catch (error) {
      this.#failures++;
      throw error;
    }
  }

  async #writeBatch(batch: readonly Item[]): Promise<void> {
    try {
      await useDatabase(() => this.#options.write(batch));
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { one, onError } = this.#options;
      // An item that breaks a rule must not hold up the others for ever.
      if (batch.length === 1) return onError(new Error(`${one} was refused and is lost`, { cause: error }));
      const half = Math.ceil(batch.length / 2);
      await this.#writeBatch(batch.slice(0, half));
      await this.#writeBatch(batch.slice(half));
    }
  }

  #dropOldest(): void {
    const { maxQueued } = this.#options;
    if (this.#queue.length <= maxQueued) return;
    // A tenth at once: shifting one row at a time off a long array is slow.
    const excess = Math.ceil(maxQueued / 10);
    this.#queue.splice(0, excess);
    this.#dropped += excess;
  }

  #reportDropped(): void {
    const { many, onError } = this.#options;
    if (this.#dropped > 0) onError(new Error(`${this.#dropped} ${many} were lost: the queue was full`));
    this.#dropped = 0;
  }
}
