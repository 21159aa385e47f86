import { BackgroundWriter } from './background-writer.ts';

/** A write that has failed. It may be done more than once; the repetitions must have no effect. */
type Write = () => Promise<unknown>;

export type RetryWriter = BackgroundWriter<Write>;

interface RetryOptions {
  /** The names of one write and of several in reports, such as `an answer` and `answers`. */
  readonly one: string;
  readonly many: string;
  /** Receives reports of writes that failed again, or that are lost. */
  readonly onError: (error: unknown) => void;
}

/** Tries failed writes again, one after the other, each in a transaction of its own. */
export const createRetryWriter = (options: RetryOptions): RetryWriter =>
  new BackgroundWriter({ ...options, batch: 1, write: async ([write]) => write?.() });
