import { setImmediate as nextTick } from 'node:timers/promises';
import { AppError } from '../errors/app-error.ts';
import { useDatabase } from './failures.ts';

const BATCH = 200;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

export interface BackgroundWriterOptions<Item> {
  /** The names of one item and of several in reports, such as `a usage row` and `usage rows`. */
  readonly one: string;
  readonly many: string;
  /** Why items are lost that could not be written until the end, in reports. Default: `the database failed`. */
  readonly failed?: string;
  /**
   * Writes a batch, all of it or nothing. The same batch may be written more than once, which must have no further
   * effect.
   */
  write(batch: readonly Item[]): Promise<unknown>;
  /** Receives reports of lost items, and of failed writes that will be tried again. */
  readonly onError: (error: unknown) => void;
  /** The most items of one write. Default 200. */
  readonly batch?: number;
  /** How long an item waits for others to share its write, in ms. Default 0: it is written at once. */
  readonly waitMs?: number;
  /** Whether an item is written at once, whatever `waitMs` says, and never dropped. Default: no item is. */
  isUrgent?(item: Item): boolean;
  /** The most queued items; beyond this the oldest ones are dropped. Default: no item is ever dropped. */
  readonly maxQueued?: number;
}

/**
 * Writes items that no caller waits for, in batches and in order. While the database fails it keeps the items and tries
 * again, at growing intervals: 100 ms, doubled each time, up to 10 s.
 */
export class BackgroundWriter<Item> {
  readonly #options: Required<BackgroundWriterOptions<Item>>;
  #queue: Item[] = [];
  #hasUrgent = false;
  #dropped = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: BackgroundWriterOptions<Item>) {
    this.#options = {
      failed: 'the database failed',
      batch: BATCH,
      waitMs: 0,
      isUrgent: () => false,
      maxQueued: Number.POSITIVE_INFINITY,
      ...options,
    };
  }

  add(item: Item): void {
    this.#queue.push(item);
    this.#dropOldest();
    this.#hasUrgent ||= this.#options.isUrgent(item);
    this.#writeSoon();
  }

  /**
   * Resolves when everything that was added is written. Rejects when the database does not answer; the items then stay
   * queued.
   */
  async flush(): Promise<void> {
    // The write in progress may already have taken its last batch.
    await this.#writing?.catch(() => {});
    await this.#write();
  }

  /** Writes what is queued, or reports how much is lost. */
  async close(): Promise<void> {
    await this.flush().catch((cause: unknown) => {
      const { failed, onError } = this.#options;
      onError(new Error(`${this.#count(this.#queue.length)} lost: ${failed}`, { cause }));
    });
    clearTimeout(this.#timer);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
      if (this.#queue.length > 0) this.#writeSoon();
    });
    return this.#writing;
  }

  #writeInBackground(): void {
    this.#write().catch((error: unknown) => this.#options.onError(error));
  }

  #writeSoon(): void {
    if (this.#writing) return;
    const { batch, waitMs } = this.#options;
    const isDue = waitMs === 0 || this.#hasUrgent || this.#queue.length >= batch;
    if (isDue && this.#failures === 0) this.#writeInBackground();
    else this.#schedule();
  }

  #schedule(): void {
    const { waitMs } = this.#options;
    const delay = this.#failures === 0 ? waitMs : Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writeInBackground();
    }, delay).unref();
  }

  /**
   * Writes what is queued now. Items that are added meanwhile wait for a batch of their own, since a commit costs as
   * much as many rows.
   */
  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#hasUrgent = false;
    // Items that are added in the same turn of the event loop share a write.
    await Promise.resolve();
    try {
      for (let left = this.#queue.length; left > 0; left -= this.#options.batch) {
        await this.#writeNext(Math.min(left, this.#options.batch));
        this.#failures = 0;
        await nextTick();
      }
      this.#reportDropped();
    } catch (error) {
      this.#failures++;
      throw error;
    }
  }

  async #writeNext(count: number): Promise<void> {
    const batch = this.#queue.splice(0, count);
    try {
      await this.#writeBatch(batch);
    } catch (error) {
      this.#queue.unshift(...batch);
      throw error;
    }
  }

  async #writeBatch(batch: readonly Item[]): Promise<void> {
    try {
      await useDatabase(() => this.#options.write(batch));
    } catch (error) {
      if (error instanceof AppError) throw error;
      const { one, onError } = this.#options;
      // An item that violates a constraint must not hold up the others for ever.
      if (batch.length === 1) return onError(new Error(`${one} was refused and is lost`, { cause: error }));
      const half = Math.ceil(batch.length / 2);
      await this.#writeBatch(batch.slice(0, half));
      await this.#writeBatch(batch.slice(half));
    }
  }

  #dropOldest(): void {
    const { maxQueued, isUrgent } = this.#options;
    if (this.#queue.length <= maxQueued) return;
    // A tenth is dropped at once, because removing single rows from the front of a long array is slow.
    const kept = this.#queue.splice(0, Math.ceil(maxQueued / 10)).filter(isUrgent);
    this.#dropped += Math.ceil(maxQueued / 10) - kept.length;
    this.#queue.unshift(...kept);
  }

  #reportDropped(): void {
    if (this.#dropped > 0) this.#options.onError(new Error(`${this.#count(this.#dropped)} lost: the queue was full`));
    this.#dropped = 0;
  }

  #count(items: number): string {
    const { one, many } = this.#options;
    return items === 1 ? `${one} was` : `${items} ${many} were`;
  }
}
