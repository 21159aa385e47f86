import { clientError, type GatewayError, toGatewayError } from './gateway-error.ts';
import { isLost, isRefusal } from './lost-connection.ts';
import type { Listener, Subscription } from './read-stream.ts';
import { retryDelay } from './retry-delay.ts';
import type { TurnChunk } from './router-types.ts';
import { pause } from './wake-events.ts';

/** How far a run has been read. */
export interface RunPlace {
  readonly run_id: string;
  /** The number of the last event that came; -1: none. */
  readonly after: number;
}

/** What one connection tells. */
export interface RunListener {
  /** The request is on its way: from now on the gateway may know of it. */
  onSent(): void;
  /** The gateway answers. */
  onStarted(): void;
  /** The name of the run, where it is known before the first event. */
  onNamed(run_id: string): void;
  onData(event: { readonly id: string; readonly data: TurnChunk }): void;
  onError(error: unknown): void;
  onComplete(): void;
}

export interface RunCalls {
  begin(listener: RunListener): Subscription;
  watch(place: RunPlace, listener: RunListener): Subscription;
  /** Whether a run goes on, or has events after this place. True when nobody can tell now. */
  hasMore(place: RunPlace): Promise<boolean>;
  /** Absent: a reader that leaves stops nothing. */
  cancel?(run_id: string): void;
}

export interface RunStreamOptions {
  /** The place of a run that is known from the start, so that nothing is begun. */
  readonly place?: RunPlace;
  /** How long it tries to come back, in ms. */
  readonly resumeTimeoutMs: number;
  /** Aborts when the client is closed. */
  readonly closing: AbortSignal;
}

/**
 * The events of one run, over as many connections as it takes. Once the run is known, a lost connection is followed by
 * another that goes on after the last event; before that, the turn is sent again with its idempotency key. So no model is
 * asked twice.
 */
export class RunStream implements Subscription {
  readonly #calls: RunCalls;
  readonly #listener: Listener<TurnChunk>;
  readonly #options: RunStreamOptions;
  readonly #stop = new AbortController();
  #place: RunPlace | undefined;
  #subscription: Subscription | undefined;
  /** The connection that is listened to; others are late. */
  #current: object | undefined;
  #isSent = false;
  #isLeft = false;
  #attempt = 0;
  #lostAt: number | undefined;

  constructor(calls: RunCalls, listener: Listener<TurnChunk>, options: RunStreamOptions) {
    this.#calls = calls;
    this.#listener = listener;
    this.#options = options;
    this.#place = options.place;
    options.closing.addEventListener('abort', this.#close, { once: true });
    this.#connect();
  }

  /** The run is cancelled: at once, or as soon as its name comes when the gateway may have begun it already. */
  leave(): void {
    this.#isLeft = true;
    if (this.#place) this.#calls.cancel?.(this.#place.run_id);
    else if (!this.#isSent) this.#end();
  }

  unsubscribe(): void {
    if (!this.#isLeft || this.#place) this.#end();
  }

  #connect(): void {
    const current = {};
    this.#current = current;
    const heard =
      <Told extends unknown[]>(act: (...told: Told) => void) =>
      (...told: Told) => {
        if (this.#current === current) act(...told);
      };
    const listener: RunListener = {
      onSent: heard(() => {
        this.#isSent = true;
      }),
      onStarted: heard(() => {
        this.#lostAt = undefined;
      }),
      onNamed: heard((run_id) => this.#name({ run_id, after: -1 })),
      onData: heard(({ id, data }) => {
        const after = this.#place?.after ?? -1;
        if (Number(id) <= after) return;
        this.#attempt = 0;
        if (!this.#isLeft) this.#listener.onData({ data });
        this.#name({ run_id: this.#place?.run_id ?? data.run_id, after: Number(id) });
      }),
      onError: heard((error) => void this.#recover(toGatewayError(error))),
      onComplete: heard(() => this.#end(() => this.#listener.onComplete())),
    };
    const subscription = this.#place ? this.#calls.watch(this.#place, listener) : this.#calls.begin(listener);
    if (this.#current === current) this.#subscription = subscription;
    else subscription.unsubscribe();
  }

  #name(place: RunPlace): void {
    const isNew = this.#place === undefined;
    this.#place = place;
    if (!isNew || !this.#isLeft) return;
    this.#calls.cancel?.(place.run_id);
    this.#end();
  }

  async #recover(error: GatewayError): Promise<void> {
    this.#current = undefined;
    this.#lostAt ??= performance.now();
    const isInTime = performance.now() - this.#lostAt < this.#options.resumeTimeoutMs;
    const canGoOn = isInTime && (await this.#canGoOn(error));
    const { signal } = this.#stop;
    if (!canGoOn) this.#end(() => this.#listener.onError(error));
    if (signal.aborted) return;
    await pause(Math.max(retryDelay(this.#attempt++), 1000 * (error.retryAfter ?? 0)), signal);
    if (!signal.aborted) this.#connect();
  }

  async #canGoOn(error: GatewayError): Promise<boolean> {
    // The turn has an idempotency key: sent again, it is answered by the same run.
    if (!this.#place) return this.#isSent && isLost(error);
    if (isLost(error)) return true;
    // A run can end with such an error, too, and whoever asks for its events is told that end again.
    return isRefusal(error) && this.#calls.hasMore(this.#place);
  }

  readonly #close = (): void => {
    const error = clientError('connection_lost', { message: 'The client was closed.' });
    this.#end(() => this.#listener.onError(error));
  };

  #end(tell?: () => void): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#current = undefined;
    this.#options.closing.removeEventListener('abort', this.#close);
    this.#subscription?.unsubscribe();
    if (!this.#isLeft) tell?.();
  }
}
