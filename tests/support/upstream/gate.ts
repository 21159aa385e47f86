/** Lets a test decide when a scripted stream goes on. One gate serves one stream. */
export interface Gate {
  /** Lets so many more tokens pass (default 1). */
  release(count?: number): void;
  /** Lets everything pass from now on. */
  open(): void;
  /** Resolves when the stream stands at the gate, so everything before it is written. */
  reached(): Promise<void>;
  /** For scripts: waits for a release, or rejects when the signal says that the client left. */
  pass(signal: AbortSignal): Promise<void>;
}

export function createGate(): Gate {
  let credit = 0;
  let wake: (() => void) | undefined;
  let watchers: (() => void)[] = [];
  const add = (count: number) => {
    credit += count;
    wake?.();
  };
  return {
    release: (count = 1) => add(count),
    open: () => add(Number.POSITIVE_INFINITY),
    reached: () => (wake ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
    async pass(signal) {
      if (credit <= 0) {
        await new Promise<void>((resolve, reject) => {
          const leave = () => {
            wake = undefined;
            reject(signal.reason);
          };
          if (signal.aborted) return leave();
          signal.addEventListener('abort', leave, { once: true });
          wake = () => {
            wake = undefined;
            signal.removeEventListener('abort', leave);
            resolve();
          };
          for (const watcher of watchers) watcher();
          watchers = [];
        });
      }
      credit -= 1;
    },
  };
}
