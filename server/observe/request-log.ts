import { AppError } from '../errors/app-error.ts';
import { isReported, markReported } from '../errors/reported.ts';
import { toAppError } from '../errors/to-wire.ts';
import type { AnsweredCall } from '../features/access/answered-call.ts';
import type { Attempt } from '../features/access/attempt.ts';
import type { EndedRequest } from '../features/metering/meter.ts';
import { toUsd } from '../features/metering/micro-usd.ts';
import { isQuiet } from './is-quiet.ts';
import type { Log } from './log.ts';
import { repeatsRequest } from './repeats-request.ts';

export interface RequestLogOptions {
  /** Whether successful requests have a line too. */
  readonly all: boolean;
  /** Whether what was said may be logged. */
  readonly content: boolean;
  /** A request that takes at least this long is marked as slow, in ms. */
  readonly slowMs: number;
}

/** Nginx's number for a client that disconnected before its answer was complete. */
const CLIENT_CLOSED = 499;

/**
 * Refusals that are expected: the reason for the first is logged at the start, and one line is logged when the second
 * begins.
 */
const EXPECTED: ReadonlySet<string | null> = new Set(['no_backend', 'overloaded']);

function statusOf(failure: unknown, outcome: string): number {
  if (outcome === 'ok') return 200;
  return outcome === 'cancelled' ? CLIENT_CLOSED : toAppError(failure).status;
}

/** The longest reason that is logged, in characters: some upstreams answer with a page of HTML. */
const LONGEST_REASON = 300;

/**
 * Describes an error in one line, without its stack. The parser of JSON quotes the text that it cannot read, so its
 * message is left out.
 */
function reasonOf({ message, cause }: AppError): string {
  if (!(cause instanceof Error) || cause instanceof SyntaxError) return message;
  if (!cause.message || cause.message === message) return message;
  return `${message} (${cause.message.replace(/\s+/g, ' ').slice(0, LONGEST_REASON)})`;
}

/** Addresses that lead nowhere are the client's text. */
const QUOTES_ADDRESS: ReadonlySet<string> = new Set(['route_not_found', 'method_not_allowed']);
const WITHHELD = 'The reason repeats the request; LOG_CONTENT=on shows it.';

/** Writes one line for each request. A failure is a warning with all attempts; a fault of the gateway is an error. */
export class RequestLog {
  readonly #log: Log;
  readonly #options: RequestLogOptions;

  constructor(log: Log, options: RequestLogOptions) {
    this.#log = log;
    this.#options = options;
  }

  /** A reason, unless it would tell what was said. */
  #show(reason: string, said: unknown): string {
    return this.#options.content || !repeatsRequest(reason, said) ? reason : WITHHELD;
  }

  ended({ row, attempts, keyName, failure, said }: EndedRequest): void {
    const isOk = row.outcome === 'ok';
    const hasFailed = attempts.some(({ outcome }) => outcome !== 'ok' && outcome !== 'client_disconnected');
    const status = statusOf(failure, row.outcome);
    const level = row.outcome === 'internal_error' ? 'error' : hasFailed || status >= 500 ? 'warn' : 'info';
    if (level === 'info' && !this.#options.all) return;
    markReported(failure);
    // Fields that are `undefined` are not written. An object that always has the same fields costs half as much.
    this.#log[level](
      {
        reqId: row.requestId,
        op: row.operation,
        key: row.keyId ?? undefined,
        keyName: row.keyId === null ? undefined : keyName,
        model: row.alias,
        askedModel: row.askedModel ?? undefined,
        backend: row.provider === null ? null : `${row.provider}/${row.model}`,
        attempts: attempts.length,
        status,
        code: isOk ? undefined : row.outcome,
        promptTokens: row.promptTokens,
        completionTokens: row.completionTokens,
        cachedTokens: row.cachedTokens > 0 ? row.cachedTokens : undefined,
        costUsd: toUsd(row.cost),
        ms: row.latencyMs,
        firstTokenMs: row.firstTokenMs,
        slow: row.latencyMs >= this.#options.slowMs ? true : undefined,
        chain: hasFailed ? attempts.map((attempt) => this.#showAttempt(attempt, said())) : undefined,
        err: level === 'error' ? failure : undefined,
        error: level !== 'error' && failure instanceof AppError ? this.#show(failure.message, said()) : undefined,
      },
      'request',
    );
  }

  #showAttempt({ backend, ms, outcome, failure }: Attempt, said: unknown): object {
    const message = failure && this.#show(reasonOf(failure), said);
    return { backend, ms, code: outcome, ...(message === null ? {} : { message }) };
  }

  answered(call: AnsweredCall): void {
    const { requestId, operation, principal, status, failure, ms } = call;
    const code = failure === undefined ? null : toAppError(failure).code;
    const level = status >= 500 && !EXPECTED.has(code) && !isReported(failure) ? 'warn' : 'info';
    if (level === 'info' && !this.#options.all) return;
    this.#log[isQuiet(call) ? 'debug' : level](
      {
        reqId: requestId,
        op: operation,
        ...(principal?.keyId == null ? {} : { key: principal.keyId, keyName: principal.keyName }),
        status,
        ...(code === null
          ? {}
          : { code, ...(QUOTES_ADDRESS.has(code) ? {} : { error: toAppError(failure).message }), ...paramOf(failure) }),
        ms: Math.round(ms),
        ...(ms >= this.#options.slowMs ? { slow: true } : {}),
      },
      'request',
    );
  }
}

function paramOf(failure: unknown): { param?: string } {
  const { param } = toAppError(failure);
  return param ? { param } : {};
}
