import { TRPCClientError } from '@trpc/client';
import type { AppRouter, WireError } from './router-types.ts';

/**
 * What fails before, or instead of, an answer of the gateway:
 * - `aborted`: the caller's signal aborted the call.
 * - `connection_failed`: a stream could not open its websocket. The request was not sent, so it may be sent again.
 * - `connection_lost`: the connection broke before the answer was complete. Over HTTP and SSE it also
 *   stands for a connection that was never made, because the two look alike. The gateway may have done what was asked: look before sending it again.
 * - `key_unavailable`: the `apiKey` function failed; `cause` says how. Nothing was sent.
 * - `unexpected_response`: something that is not the gateway answered, such as a proxy with an error page.
 */
export type ClientErrorCode =
  | 'aborted'
  | 'connection_failed'
  | 'connection_lost'
  | 'key_unavailable'
  | 'unexpected_response';

/** Every code of the gateway's error catalog, and the client's own. */
export type GatewayErrorCode = WireError['code'] | ClientErrorCode;
export type GatewayErrorType = WireError['type'] | 'client_error';

interface GatewayErrorFields {
  readonly code: GatewayErrorCode;
  readonly type: GatewayErrorType;
  readonly message: string;
  readonly param?: string | null;
  readonly status?: number;
  readonly retryAfter?: number | null;
  readonly conversationId?: string | null;
  /** The original error: a tRPC error, or any other value that was thrown. */
  readonly cause?: unknown;
}

/** The one error of this client: what every procedure and stream throws. */
export class GatewayError extends TRPCClientError<AppRouter> {
  /** Stable; compare this, not the message. */
  readonly code: GatewayErrorCode;
  readonly type: GatewayErrorType;
  /** The field at fault, such as `messages[0].content`, or null. */
  readonly param: string | null;
  /** The HTTP status of the error, on websockets too; 0 when no answer came. */
  readonly status: number;
  /** Seconds after which a retry makes sense, where the gateway knows it; else null. */
  readonly retryAfter: number | null;
  /** The conversation of the turn that failed, also when it is new: try the turn again there. Else null. */
  readonly conversationId: string | null;

  constructor(fields: GatewayErrorFields) {
    const { code, type, message, param = null, status = 0, retryAfter = null, conversationId = null, cause } = fields;
    const source = cause instanceof TRPCClientError ? cause : undefined;
    const reason = source ? source.cause : cause;
    super(message, {
      ...(source?.shape ? { result: { error: source.shape } } : {}),
      ...(source?.meta ? { meta: source.meta } : {}),
      ...(reason instanceof Error ? { cause: reason } : {}),
    });
    // TRPCClientError's constructor makes a plain TRPCClientError of its subclasses.
    Object.setPrototypeOf(this, GatewayError.prototype);
    this.name = 'GatewayError';
    this.code = code;
    this.type = type;
    this.param = param;
    this.status = status;
    this.retryAfter = retryAfter;
    this.conversationId = conversationId;
  }
}

/** Narrows the value of a `catch`. Every error that this client throws for a call is a GatewayError. */
export function isGatewayError(error: unknown): error is GatewayError {
  return error instanceof GatewayError;
}

const messages: Record<ClientErrorCode, string> = {
  aborted: 'The call was aborted.',
  connection_failed: 'The gateway could not be reached.',
  connection_lost: 'The gateway could not be reached, or the connection broke before the answer was complete.',
  key_unavailable: 'The `apiKey` function failed, so no API key is available.',
  unexpected_response: 'Something that is not the gateway answered.',
};

interface ClientFailure {
  readonly message?: string;
  readonly status?: number;
  readonly cause?: unknown;
}

export function clientError(
  code: ClientErrorCode,
  { message = messages[code], ...rest }: ClientFailure = {},
): GatewayError {
  return new GatewayError({ code, type: 'client_error', message, ...rest });
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The envelope, unless what answered is something else that speaks tRPC. */
export function readWireError(data: unknown): WireError | undefined {
  const error = isObject(data) ? data.error : undefined;
  return isObject(error) && typeof error.code === 'string' ? (error as WireError) : undefined;
}

/** Whatever a link or an iterator threw, as the error that it means. */
export function toGatewayError(error: unknown, signal?: AbortSignal | null): GatewayError {
  if (error instanceof GatewayError) return error;
  const source = error instanceof TRPCClientError ? error : undefined;
  const wire = readWireError(source?.data);
  if (wire) {
    const { httpStatus = 0, retryAfter = null, conversationId = null } = source?.data ?? {};
    return new GatewayError({ ...wire, status: httpStatus, retryAfter, conversationId, cause: error });
  }
  if (signal?.aborted) return clientError('aborted', { cause: signal.reason });
  const response = source?.meta?.response;
  if (isObject(response) && typeof response.status === 'number') {
    return clientError('unexpected_response', { status: response.status, cause: error });
  }
  return clientError('connection_lost', { cause: error });
}
