import type { Worker } from 'node:worker_threads';
import { startThread } from '../../event-loop/start-thread.ts';
import type { BackgroundOptions, Call, CallName, Input, Output, Reply } from './calls.ts';
import { memoryIn } from './hand-over.ts';

/** How long a written message may wait to be indexed, in ms. A search does not wait: it indexes first. */
const INDEX_AFTER_MS = 2_000;

/** A caller that waits for an answer, whose type it knows. */
interface Waiting {
  readonly resolve: (output: never) => void;
  readonly reject: (error: Error) => void;
}

function toError({ message, errcode }: { message: string; errcode: number | null }): Error {
  return Object.assign(new Error(message), errcode === null ? {} : { errcode });
}

/**
 * A thread with its own connection to the database, for long operations: SQLite is synchronous, and every stream of the
 * gateway would wait. The thread starts when it is first needed.
 */
export class Background {
  readonly #options: BackgroundOptions;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 0;
  #closed = false;

  /** `onError` receives failures that no caller waits for. */
  constructor(options: BackgroundOptions, onError: (error: unknown) => void) {
    this.#options = options;
    this.#onError = onError;
  }

  /** Calls the thread. Rejects with SQLite's error when the database fails. */
  call<Name extends CallName>(name: Name, ...input: Input<Name>): Promise<Output<Name>> {
    if (this.#closed) return Promise.reject(new Error('The store is closed.'));
    const id = this.#nextId++;
    const worker = this.#running();
    return new Promise<Output<Name>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, name, input } satisfies Call, memoryIn(input));
    });
  }

  /** Has new messages indexed before long. */
  indexSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.call('index').catch(this.#onError);
    }, INDEX_AFTER_MS).unref();
  }

  /**
   * Call it after a deletion. Resolves when the index and the write-ahead log no longer hold the deleted data, or when
   * that has failed for now.
   */
  forget(): Promise<void> {
    return this.call('forget').catch(this.#onError);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closed = true;
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    worker.postMessage(null);
    await ended;
  }

  #running(): Worker {
    this.#worker ??= this.#start();
    return this.#worker;
  }

  #start(): Worker {
    const worker = startThread(new URL('./worker.ts', import.meta.url), { workerData: this.#options });
    let failure = new Error('The background thread of the store ended.');
    worker.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      // An idle thread does not keep the process alive.
      if (this.#waiting.size === 0) worker.unref();
      if ('error' in reply) waiting?.reject(toError(reply.error));
      else waiting?.resolve(reply.output);
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : failure;
    });
    // The next call starts another thread.
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(failure);
      this.#waiting.clear();
    });
    return worker;
  }
}
