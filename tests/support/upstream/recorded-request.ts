import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Asked, nothingAsked } from './asked.ts';
import type { Dialect } from './dialects/dialect.ts';
import { parseJson } from './json.ts';

/** One request as the upstream saw it. Times are `performance.now()` of the test's process, in ms. */
export class RecordedRequest {
  readonly method: string;
  /** Path with query, such as `/v1/chat/completions`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body byte for byte; what arrived of it when the client left half-way. */
  readonly body: Buffer;
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown;
  /** What the dialect reads from it. */
  readonly asked: Asked;
  readonly isChat: boolean;
  /** When the request had arrived in full. */
  readonly at = performance.now();
  /** Resolves when the client leaves before the answer is complete; stays pending when it does not. */
  readonly aborted: Promise<{ readonly at: number }>;
  /** Resolves when the response is over, in whatever way. */
  readonly closed: Promise<void>;
  /** True once the client left before the answer was complete. False when the script itself hung up. */
  closedEarly = false;
  /** When the client left; undefined while it has not. */
  closedAt: number | undefined;
  /** True when the answer was sent in full. */
  finished = false;
  /** Events, or whole bodies, written so far. */
  written = 0;
  #tellAborted: (when: { readonly at: number }) => void = () => {};
  #tellClosed: () => void = () => {};

  constructor(message: IncomingMessage, body: Buffer, dialect: Dialect) {
    this.method = message.method ?? '';
    this.path = message.url ?? '';
    this.headers = message.headers;
    this.body = body;
    this.json = parseJson(body.toString());
    const asked = dialect.read(this);
    this.asked = asked ?? nothingAsked;
    this.isChat = asked !== null;
    this.aborted = new Promise((resolve) => {
      this.#tellAborted = resolve;
    });
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
  }

  /** Called once, by the server. */
  close(how: { finished: boolean; hungUp: boolean }): void {
    this.finished = how.finished;
    if (!how.finished && !how.hungUp) {
      this.closedEarly = true;
      this.closedAt = performance.now();
      this.#tellAborted({ at: this.closedAt });
    }
    this.#tellClosed();
  }
}
