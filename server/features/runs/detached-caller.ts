import type { Caller } from '../access/caller.ts';
import { stopSignal } from '../access/stop-signal.ts';

/** What happens to a run when the client that began it disconnects. */
export type OnDisconnect = 'detach' | 'cancel';

/** A caller as its run sees it: it is not stopped by the client's leaving, and its headers are kept for later watchers. */
export class DetachedCaller {
  readonly caller: Caller;
  readonly #client: Caller;
  readonly #controller = new AbortController();
  readonly #headers = new Map<string, string>();
  #isFrozen = false;
  /** Whether the client had its headers when it disconnected; null while it is there. */
  #wasTold: boolean | null = null;
  readonly #onDisconnect: OnDisconnect | undefined;

  /** `onDisconnect` undefined: as `detach`, until the conversation continues without the run. */
  constructor(client: Caller, onDisconnect: OnDisconnect | undefined) {
    this.#client = client;
    this.#onDisconnect = onDisconnect;
    this.caller = {
      ...client,
      signal: stopSignal(client.principal, this.#controller.signal),
      // Nobody reads the headers any more when no client is connected.
      headersSent: () => this.#wasTold ?? client.headersSent?.() ?? false,
      setHeader: (name, value) => this.#setHeader(name, value),
    };
    if (client.signal.aborted) this.#leave();
    else client.signal.addEventListener('abort', this.#leave, { once: true });
  }

  /** Stops the run. Its watchers get the reason as the error. */
  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Whether the client that began the run has disconnected, and did not ask for it to go on in any case. */
  get isLeft(): boolean {
    return this.#wasTold !== null && this.#onDisconnect === undefined;
  }

  /** Called with the first event: the headers are on their way then. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** The headers, without those that were true only at that moment. */
  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#headers].filter(([name]) => !name.startsWith('x-ratelimit-')));
  }

  /** Called when the run has ended: a connection serves many requests. */
  release(): void {
    this.#client.signal.removeEventListener('abort', this.#leave);
  }

  readonly #leave = (): void => {
    this.#wasTold = this.#client.headersSent?.() ?? false;
    if (this.#onDisconnect === 'cancel') this.stop(this.#client.signal.reason);
  };

  #setHeader(name: string, value: string | null): void {
    if (this.#isFrozen) return;
    if (value === null) this.#headers.delete(name);
    else this.#headers.set(name, value);
    this.#client.setHeader(name, value);
  }
}
