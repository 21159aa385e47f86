import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { BackgroundOptions, Call, CallName, Input, Output, Reply } from './calls.ts';

/** How long what is written waits to be indexed, in ms. A search does not wait: it indexes what there is first. */
const INDEX_AFTER_MS = 2_000;

/** Who asked knows the type of the answer. */
interface Waiting {
  readonly resolve: (output: never) => void;
  readonly reject: (error: Error) => void;
}

/** The compiled file, or, when we run from the sources ourselves, the source through tsx. */
function startWorker(options: BackgroundOptions): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: options });
  const root = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'));
  const tsx = new URL('./dist/esm/api/index.mjs', root).href;
  const entry = new URL('./worker.ts', import.meta.url).href;
  // Node 20 does not apply `--import` to the first file of a thread.
  const code = `import('${tsx}').then(({ register }) => { register(); return import('${entry}'); });`;
  return new Worker(code, { eval: true, workerData: options });
}

function toError({ message, errcode }: { message: string; errcode: number | null }): Error {
  return Object.assign(new Error(message), errcode === null ? {} : { errcode });
}

/**
 * A thread with a connection of its own to the database, for what takes long: SQLite is synchronous, and all streams of
 * the gateway would wait for it. It starts when it is first needed.
 */
export class Background {
  readonly #options: BackgroundOptions;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 0;
  #closed = false;

  /** `onError` is told of failures that no caller waits for. */
  constructor(options: BackgroundOptions, onError: (error: unknown) => void) {
    this.#options = options;
    this.#onError = onError;
  }

  /** Rejects with an error of SQLite's when the database does not answer. */
  call<Name extends CallName>(name: Name, ...input: Input<Name>): Promise<Output<Name>> {
    if (this.#closed) return Promise.reject(new Error('The store is closed.'));
    const id = this.#nextId++;
    const worker = this.#running();
    return new Promise<Output<Name>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, name, input } satisfies Call);
    });
  }

  /** Something was written that the search is to know of, before long. */
  indexSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.call('index').catch(this.#onError);
    }, INDEX_AFTER_MS).unref();
  }

  /** After a deletion: resolves when the index and the log hold nothing of it any more, or when that failed for now. */
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
    const worker = startWorker(this.#options);
    let failure = new Error('The background thread of the store ended.');
    worker.on('message', (reply: Reply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      // An idle thread keeps no process alive.
      if (this.#waiting.size === 0) worker.unref();
      if ('error' in reply) waiting?.reject(toError(reply.error));
      else waiting?.resolve(reply.output);
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : failure;
    });
    // The next call starts another one.
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(failure);
      this.#waiting.clear();
    });
    return worker;
  }
}
