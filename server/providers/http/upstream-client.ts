import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { AppError } from '../../errors/app-error.ts';
import { systemCodeOf } from '../../errors/system-code.ts';
import type { CallTimeouts } from '../provider.ts';
import type { UpstreamTap } from '../upstream-tap.ts';
import { connectGuarded } from './connect.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange, ExchangeAborted, ExchangeTimeout, type Timeouts } from './exchange.ts';
import { keepSecret } from './secrets.ts';
import { TappedExchange } from './tapped-exchange.ts';

/** The settings of an upstream that is reached over HTTP, with its key already looked up. */
export interface UpstreamSettings {
  /** The base URL, such as `http://127.0.0.1:8000/v1`. Only the operator can set it. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Sent with every request, such as OpenRouter's `X-Title`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Until the first byte of an answer, in ms; default 300 s. Images can take 180 s, so their limit is at least 240 s.
   */
  readonly firstByteMs: number | undefined;
  /** Between two pieces of an answer, in ms; default 300 s. */
  readonly idleMs: number | undefined;
  /** Whether JSON answers are asked for as streams and collected; see `Collecting` for the default. */
  readonly collectStreams?: boolean | undefined;
}

const DEFAULT_MS = 300_000;
/** How long a connection may take to be established, in ms. */
const CONNECT_MS = 5_000;

export interface PostOptions {
  /** Headers of this request. They override the upstream's own. */
  readonly headers?: Record<string, string>;
  /** Time limits of this request. They override the upstream's own. */
  readonly timeouts?: CallTimeouts | undefined;
  /** True: `path` is beside the versioned API, such as `/tokenize` of a server whose base URL ends in `/v1`. */
  readonly besideVersion?: boolean;
  /** Watches the request and its answer. */
  readonly tap?: UpstreamTap | undefined;
}

const withOwn = (base: Timeouts, { firstByteMs, idleMs, totalMs, leastMs = 0 }: CallTimeouts): Timeouts => ({
  firstByteMs: Math.max(firstByteMs ?? base.firstByteMs, leastMs),
  idleMs: Math.max(idleMs ?? base.idleMs, leastMs),
  totalMs: totalMs ?? base.totalMs,
});

/**
 * The connections to one upstream. Redirects are never followed, so no response can lead the gateway to another host.
 */
export class UpstreamClient {
  readonly #pool: Pool;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeouts: Timeouts;
  readonly #deadlines = new Deadlines();

  /** `headers` are sent with every request; they may hold the key. */
  constructor(
    { baseUrl, headers: own, apiKey, firstByteMs, idleMs }: UpstreamSettings,
    headers: Readonly<Record<string, string>>,
  ) {
    for (const secret of [apiKey, ...Object.values(own ?? {})]) keepSecret(secret);
    const url = new URL(baseUrl);
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, '');
    // Without this header a server may compress its responses (RFC 9110, 12.5.3).
    this.#headers = { 'accept-encoding': 'identity', ...own, ...headers };
    this.#timeouts = { firstByteMs: firstByteMs ?? DEFAULT_MS, idleMs: idleMs ?? DEFAULT_MS, totalMs: Infinity };
    this.#pool = new Pool(url.origin, {
      pipelining: 1,
      keepAliveTimeout: 60_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: connectGuarded(CONNECT_MS),
    });
  }

  /** Sends a request. `path` is below the base URL, such as `/chat/completions`. */
  post(path: string, body: Buffer | Readable, signal: AbortSignal, options: PostOptions = {}): Exchange {
    return this.#send('POST', path, body, signal, options);
  }

  get(path: string, signal: AbortSignal): Exchange {
    return this.#send('GET', path, null, signal);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #send(
    method: 'GET' | 'POST',
    path: string,
    body: Buffer | Readable | null,
    signal: AbortSignal,
    { headers: own, timeouts, besideVersion, tap }: PostOptions = {},
  ): Exchange {
    const patience = timeouts ? withOwn(this.#timeouts, timeouts) : this.#timeouts;
    const exchange = new Exchange(patience, this.#deadlines, signal);
    if (body && !Buffer.isBuffer(body)) exchange.waitForUpload(body);
    const headers = own || tap ? { ...this.#headers, ...own, ...tap?.headers } : this.#headers;
    const prefix = besideVersion ? this.#prefix.replace(/\/v\d+$/, '') : this.#prefix;
    const shown = Buffer.isBuffer(body) ? body : null;
    const answer = tap?.sending?.({ method, url: this.#origin + prefix + path, body: shown });
    const handler = answer ? new TappedExchange(exchange, answer) : exchange;
    this.#pool.dispatch({ method, path: prefix + path, headers, body }, handler);
    return exchange;
  }
}

/** The error that a failed exchange means. Its cause goes to the log. */
export function toUpstreamError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  // The request is what is being written before it is sent, so it is the one that is nested too deeply.
  if (error instanceof RangeError && /call stack/.test(error.message)) {
    return new AppError('invalid_json', 'The request is nested too deeply.', { cause: error });
  }
  if (error instanceof ExchangeTimeout) return new AppError('upstream_timeout', undefined, { cause: error });
  if (error instanceof ExchangeAborted) return new AppError('client_disconnected', undefined, { cause: error });
  const code = systemCodeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new AppError('upstream_timeout', 'The upstream did not accept a connection.', { cause: error });
  }
  const unreachable = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  return unreachable
    ? new AppError('upstream_unavailable', 'The upstream cannot be reached.', { cause: error })
    : new AppError('upstream_broken', 'The connection to the upstream broke.', { cause: error });
}
