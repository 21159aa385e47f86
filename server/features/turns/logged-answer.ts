import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { AppError } from '../../errors/app-error.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import type { ChunkBatch } from '../chat/relay-chunks.ts';
import type { Run } from '../runs/run.ts';

/** How much of an answer is kept in memory while it grows, in characters: about 50,000 tokens. */
const MOST_KEPT = 256 * 1024;

/**
 * The answer of a run as its chunks make it. When it becomes long it is not kept, because its chunks are in the log of
 * the run: a run that nobody reads holds as little memory as any other. The log is read again when the answer is stored.
 */
export class LoggedAnswer {
  readonly #run: Run<ChatCompletionChunk>;
  readonly #collector = new ChunkCollector();
  #forgotten = 0;

  constructor(run: Run<ChatCompletionChunk>) {
    this.#run = run;
  }

  /** Adds chunks to the answer and to the log. What it returns is to be waited for before more comes. */
  add(batch: ChunkBatch): Promise<void> | null {
    for (const { value } of batch) this.#collector.add(value);
    const written = this.#run.append(batch);
    const { size } = this.#collector;
    if (size - this.#forgotten > MOST_KEPT) {
      this.#collector.forget();
      this.#forgotten = size;
    }
    return written;
  }

  /** True once any text, reasoning or tool call has come. */
  get isStarted(): boolean {
    return this.#collector.started;
  }

  /** Whether `read` needs the log. */
  get isLong(): boolean {
    return this.#forgotten > 0;
  }

  /** The answer so far; null when its log was deleted together with its conversation. */
  async read(): Promise<ChatCompletion | null> {
    if (!this.isLong) return this.#collector.completion;
    try {
      return await this.#readLog();
    } catch (error) {
      if (error instanceof AppError && error.code === 'run_log_expired') return null;
      throw error;
    }
  }

  async #readLog(): Promise<ChatCompletion> {
    const { log } = this.#run;
    const collector = new ChunkCollector();
    let left = log.next;
    for await (const batch of log.follow(-1, new AbortController().signal)) {
      for (const { value } of batch) collector.add(value);
      left -= batch.length;
      if (left <= 0) break;
      await nextTurn();
    }
    return collector.completion;
  }
}
