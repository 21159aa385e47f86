import { afterPoll } from '../../event-loop/after-poll.ts';
import { PieceList } from './piece-list.ts';

/** The most that is given out at once, in bytes: while its reader works on it, all other requests wait. */
const MAX_BATCH = 64 * 1024;

interface Reading {
  readonly resolve: (batch: Buffer[] | null) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The part of a body that has arrived and was not read yet. What arrives in one turn of the event loop is read
 * together.
 */
export class UnreadBody {
  readonly #pieces = new PieceList();
  readonly #onTaken: () => void;
  readonly #onPolled = () => this.#handOver();
  #isHandingOver = false;
  /** Whether more had arrived than was given out at once. The rest waits for the next turn of the event loop. */
  #mustRest = false;
  #reading: Reading | undefined;
  #ended = false;
  #error: Error | undefined;

  /** `onTaken` is called whenever something was read. */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  get bytes(): number {
    return this.#pieces.bytes;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    if (this.#reading) this.#handOverSoon();
  }

  end(): void {
    this.#ended = true;
    if (this.#reading) this.#handOverSoon();
  }

  /** Makes reads fail once everything that arrived before has been read. */
  fail(error: Error): void {
    this.#error = error;
    if (this.#isHandingOver) this.#handOver();
    this.#reading?.reject(error);
    this.#reading = undefined;
  }

  /** What arrived since the last read, or null at the end. */
  read(): Promise<Buffer[] | null> {
    const some = this.#pieces.bytes > 0;
    if (some && !this.#mustRest) return Promise.resolve(this.#take());
    if (!some && this.#error) return Promise.reject(this.#error);
    if (!some && this.#ended) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      this.#reading = { resolve, reject };
      if (some) this.#handOverSoon();
    });
  }

  /** Takes everything, as one buffer. */
  join(): Buffer {
    return this.#pieces.join();
  }

  discard(): void {
    this.#pieces.take();
  }

  #handOverSoon(): void {
    if (this.#isHandingOver) return;
    this.#isHandingOver = true;
    afterPoll(this.#onPolled);
  }

  #handOver(): void {
    this.#isHandingOver = false;
    const reading = this.#reading;
    const some = this.#pieces.bytes > 0;
    if (!reading || (!some && !this.#ended)) return;
    this.#reading = undefined;
    reading.resolve(some ? this.#take() : null);
  }

  #take(): Buffer[] {
    const batch = this.#pieces.take(MAX_BATCH);
    this.#mustRest = this.#pieces.bytes > 0;
    this.#onTaken();
    return batch;
  }
}
