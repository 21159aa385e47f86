import { Pool } from 'undici';
import { AppError } from '../../errors/app-error.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange, ExchangeAborted, ExchangeTimeout, type Timeouts } from './exchange.ts';

export interface UpstreamClientOptions {
  /** Such as `http://127.0.0.1:8000/v1`; only the operator sets it. */
  readonly baseUrl: string;
  /** Sent with every request; may hold the key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  /** Until the connection stands, in ms. */
  readonly connectMs: number;
}

/** One upstream's connections. Redirects are never followed, so no answer can lead the gateway to another host. */
export class UpstreamClient {
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeouts: Timeouts;
  readonly #deadlines = new Deadlines();

  constructor(options: UpstreamClientOptions) {
    const url = new URL(options.baseUrl);
    this.#prefix = url.pathname.replace(/\/+$/, '');
    this.#headers = options.headers;
    this.#timeouts = options.timeouts;
    this.#pool = new Pool(url.origin, {
      pipelining: 1,
      keepAliveTimeout: 60_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: options.connectMs },
    });
  }

  /** `path` is below the base URL, such as `/chat/completions`. */
  post(path: string, body: Buffer, signal: AbortSignal): Exchange {
    return this.#send('POST', path, body, signal);
  }

  get(path: string, signal: AbortSignal): Exchange {
    return this.#send('GET', path, null, signal);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #send(method: 'GET' | 'POST', path: string, body: Buffer | null, signal: AbortSignal): Exchange {
    const exchange = new Exchange(this.#timeouts, this.#deadlines, signal);
    this.#pool.dispatch({ method, path: this.#prefix + path, headers: this.#headers, body }, exchange);
    return exchange;
  }
}

/** What a failed exchange means. The cause goes to the log. */
export function toUpstreamError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof ExchangeTimeout) return new AppError('upstream_timeout', undefined, { cause: error });
  if (error instanceof ExchangeAborted) {
    return new AppError('upstream_unavailable', 'The request was aborted.', { cause: error });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new AppError('upstream_timeout', 'The upstream did not accept a connection.', { cause: error });
  }
  const unreachable = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  return unreachable
    ? new AppError('upstream_unavailable', 'The upstream cannot be reached.', { cause: error })
    : new AppError('upstream_broken', 'The connection to the upstream broke.', { cause: error });
}
