import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Dialect } from './dialects/dialect.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** Plays one answer. Returning without an end leaves the response open until the client leaves. */
export type Script = (exchange: Exchange) => Promise<void> | void;

/** Thrown into a script when its client has left. */
export class ClientGone extends Error {}

/** One request with the means to answer it. */
export class Exchange {
  readonly request: RecordedRequest;
  readonly dialect: Dialect;
  /** Aborts when the client leaves or the upstream closes. */
  readonly signal: AbortSignal;
  readonly #response: ServerResponse;
  readonly #changed: () => void;
  #hungUp = false;

  constructor(given: {
    request: RecordedRequest;
    dialect: Dialect;
    signal: AbortSignal;
    response: ServerResponse;
    changed: () => void;
  }) {
    this.request = given.request;
    this.dialect = given.dialect;
    this.signal = given.signal;
    this.#response = given.response;
    this.#changed = given.changed;
  }

  /** True when the script destroyed the connection itself. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** Sends status and headers at once, before any byte of the body. */
  head(status: number, headers: Record<string, string>): void {
    this.#response.writeHead(status, { ...this.dialect.headers, ...headers });
    this.#response.flushHeaders();
  }

  /** Writes, waits while the client is slow to read, and counts the write. */
  async write(bytes: string | Uint8Array): Promise<void> {
    if (this.signal.aborted) throw this.signal.reason;
    if (!this.#response.write(bytes)) await once(this.#response, 'drain', { signal: this.signal });
    this.request.written += 1;
    this.#changed();
  }

  end(): void {
    this.#response.end();
  }

  /** A whole answer with its length. */
  send(status: number, headers: Record<string, string>, body: string | Uint8Array): void {
    const bytes = Buffer.from(body);
    this.#response.writeHead(status, { ...this.dialect.headers, ...headers, 'content-length': String(bytes.length) });
    this.#response.end(bytes);
    this.request.written += 1;
    this.#changed();
  }

  sendJson(status: number, value: unknown, headers: Record<string, string> = {}): void {
    this.send(status, { 'content-type': this.dialect.jsonType, ...headers }, JSON.stringify(value));
  }

  /** Cuts the connection as a crashed server would. */
  destroy(): void {
    this.#hungUp = true;
    this.#response.destroy();
  }
}
