import { ZodError } from 'zod';
import { type ErrorBody, type ErrorCode, type ErrorRow, errorRow } from '../../contracts/errors.ts';
import { AppError } from './app-error.ts';
import { readIssue } from './read-issue.ts';
import { systemCodeOf } from './system-code.ts';

/** An error in the form in which clients see it. */
export interface WireError {
  readonly status: number;
  readonly trpcCode: ErrorRow['trpc'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
  /** After how many seconds to retry; null when that is not known. */
  readonly retryAfter: number | null;
  /**
   * The conversation of the turn that failed; null when there is none, or it had not begun. REST sends it in a header.
   */
  readonly conversationId: string | null;
}

/** Fastify's codes for bodies and URLs that fail before any of our code runs. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_BAD_URL: 'route_not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
};

/** tRPC's codes for calls that reach no procedure. */
const trpcCodes: Readonly<Record<string, ErrorCode>> = {
  NOT_FOUND: 'route_not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  PARSE_ERROR: 'invalid_json',
  BAD_REQUEST: 'invalid_json',
  PAYLOAD_TOO_LARGE: 'body_too_large',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
};

const unsupportedMediaType = (cause: unknown) =>
  new AppError('unsupported_media_type', 'Send "Content-Type: application/json".', { param: 'Content-Type', cause });

/**
 * Converts any thrown value to an AppError. It searches the causes. Details of unknown errors never reach the client.
 */
export function toAppError(thrown: unknown): AppError {
  let outer: unknown = thrown;
  for (let depth = 0; outer instanceof Error && depth < 5; depth++) {
    if (outer instanceof AppError) return outer;
    if (outer instanceof ZodError) {
      const { code, message, param } = readIssue(outer.issues);
      return new AppError(code, message, param ? { param, cause: thrown } : { cause: thrown });
    }
    if (outer instanceof RangeError && /call stack/.test(outer.message)) {
      return new AppError('invalid_json', 'The request is nested too deeply.', { cause: thrown });
    }
    if (outer.name === 'AbortError') return new AppError('client_disconnected', undefined, { cause: thrown });
    const code = frameworkCodes[systemCodeOf(outer)];
    if (code === 'unsupported_media_type') return unsupportedMediaType(thrown);
    if (code) return new AppError(code, undefined, { cause: thrown });
    outer = outer.cause;
  }
  const code = trpcCodes[systemCodeOf(thrown)];
  return code
    ? new AppError(code, undefined, { cause: thrown })
    : new AppError('internal_error', undefined, { cause: thrown });
}

/** The only serialiser of errors. */
export function toWireError(thrown: unknown): WireError {
  const error = toAppError(thrown);
  const { code, message, param, conversationId } = error;
  const row = errorRow(code);
  const { status, type } = row;
  const retryAfter = error.retryAfter ?? row.retryAfter;
  return {
    status,
    trpcCode: row.trpc,
    headers: {
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(row.shouldRetry === undefined ? {} : { 'x-should-retry': String(row.shouldRetry) }),
    },
    body: { error: { type, code, message, param } },
    retryAfter: retryAfter ?? null,
    conversationId: conversationId ?? null,
  };
}
