import type { Statements } from './connection.ts';

/** Work that is to be committed. It is synchronous, and may run more than once. */
type Work = (statements: Statements) => void;

interface Job {
  readonly work: Work;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Commits all work that callers bring in one turn of the event loop at once, since a commit costs as much as all
 * statements of a small transaction. A caller is answered only when its work is committed. When one of them fails,
 * everything is rolled back, and each runs again in a transaction of its own.
 */
export class GroupCommit {
  readonly #transact: (work: Work) => Promise<void>;
  #jobs: Job[] = [];

  /** `transact` runs work in one transaction, all or nothing, one at a time. */
  constructor(transact: (work: Work) => Promise<void>) {
    this.#transact = transact;
  }

  async run<T>(work: (statements: Statements) => T): Promise<T> {
    let outcome: { readonly value: T } | undefined;
    await new Promise<void>((resolve, reject) => {
      const remember: Work = (statements) => {
        outcome = { value: work(statements) };
      };
      this.#jobs.push({ work: remember, resolve, reject });
      if (this.#jobs.length === 1) setImmediate(() => void this.#commit());
    });
    if (!outcome) throw new Error('A transaction was committed without its work.');
    return outcome.value;
  }

  async #commit(): Promise<void> {
    let jobs: readonly Job[] = [];
    try {
      await this.#transact((statements) => {
        // Work that arrived while this commit waited for the lock is included.
        jobs = [...jobs, ...this.#jobs.splice(0)];
        for (const { work } of jobs) work(statements);
      });
      for (const { resolve } of jobs) resolve();
    } catch (error) {
      // If no work ran, the lock was not obtained, and no caller would get it now.
      if (jobs.length === 0) for (const { reject } of this.#jobs.splice(0)) reject(error);
      else if (jobs.length === 1) jobs[0]?.reject(error);
      else await Promise.all(jobs.map(({ work, resolve, reject }) => this.#transact(work).then(resolve, reject)));
    }
  }
}
