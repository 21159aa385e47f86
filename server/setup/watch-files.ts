import { type StatWatcher, unwatchFile, watchFile } from 'node:fs';

/**
 * How often a file is checked, in ms. Checking works on network drives, and with the links that Kubernetes replaces.
 */
const LOOK_MS = 1_000;
/** How long a file must be unchanged before it is read, in ms, since it may still be written. */
const REST_MS = 300;

/** Watches files that may come, go and be replaced. */
export class FileWatch {
  readonly #onChange: () => void;
  readonly #watched = new Map<string, StatWatcher>();
  #rest: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches these files from now on, and no others. */
  watch(files: readonly string[]): void {
    for (const file of this.#watched.keys()) if (!files.includes(file)) this.#drop(file);
    for (const file of files) {
      if (this.#watched.has(file)) continue;
      this.#watched.set(file, watchFile(file, { interval: LOOK_MS, persistent: false }, this.#onSeen));
    }
  }

  close(): void {
    clearTimeout(this.#rest);
    for (const file of this.#watched.keys()) this.#drop(file);
  }

  readonly #onSeen = (): void => {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(this.#onChange, REST_MS).unref();
  };

  #drop(file: string): void {
    unwatchFile(file, this.#onSeen);
    this.#watched.delete(file);
  }
}
