import type { UpstreamTap } from '../../providers/upstream-tap.ts';
import type { Attempt } from './attempt.ts';
import type { RequestHold } from './request-hold.ts';
import type { AskedBackend, RequestWatch, TraceParent } from './request-watch.ts';

/** The longest list of attempts that is kept: a stream that waits for a model to load asks again and again. */
const MOST_ATTEMPTS = 20;

/** The facts about a request, collected while it is served, for logs, metrics, traces and its usage row. */
export class RequestRecord {
  /** Undefined: the client's request is not part of a trace. */
  readonly parent: TraceParent | undefined;
  readonly #attempts: Attempt[] = [];
  /** Whether a meter counts it, and reports its end. */
  isMetered = false;
  /** The parsed body of the request. Log lines about failures must not repeat it. */
  said: unknown;
  /** What the request holds of the room of its key; undefined: nothing is counted. */
  hold: RequestHold | undefined;
  /** The watch of the request; null when it is not watched. */
  watch: RequestWatch | null = null;
  /** The attempt in progress. */
  tap: UpstreamTap | undefined;

  constructor(parent?: TraceParent) {
    this.parent = parent;
  }

  /** The attempts in the order in which they were made; only the first 20 are kept. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** A backend is asked now. */
  begin(backend: AskedBackend): void {
    if (this.watch) this.tap = this.watch.attempting(backend);
  }

  add(attempt: Attempt): void {
    if (this.#attempts.length < MOST_ATTEMPTS) this.#attempts.push(attempt);
    this.watch?.attempted(attempt);
  }

  /** The attempt that was begun was none: nothing was sent. */
  forget(): void {
    this.watch?.attempted(null);
  }
}
