import { initTRPC, TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import type { OpenApiMeta } from 'trpc-to-openapi';
import { type ErrorBody, errorRow } from '../../contracts/errors.ts';
import { toAppError, toWireError } from '../errors/to-wire.ts';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import type { Caller } from '../features/access/caller.ts';
import { RequestRecord } from '../features/access/request-record.ts';
import { stopSignal } from '../features/access/stop-signal.ts';
import type { Context } from './context.ts';

export type Meta = OpenApiMeta & {
  /** Reached without a key. */
  public?: boolean;
  /** The subscription that REST serves as `text/event-stream` on this path when the body says `stream: true`. */
  stream?: string;
  /** It is a stream unless the query says `stream=false`. */
  streamsByDefault?: boolean;
  /** The schema of that stream's events; default `ChatCompletionChunk`. */
  streamEvent?: string;
  /** REST takes the input as `multipart/form-data` too, with pictures as files. */
  imageForm?: boolean;
  /** REST takes the request without a body too. */
  bodyOptional?: boolean;
  /** The schema of its errors; default `ErrorBody`. */
  errorBody?: string;
  /** What REST answers with as `text/csv` when the query says `format=csv`. */
  csv?: (output: unknown) => string;
  /** The last parameter of its path may hold slashes. */
  slashes?: boolean;
  /** The status of an answer, where it is not always 200. */
  status?: (output: unknown) => number;
};

interface ErrorData {
  readonly code: TRPC_ERROR_CODE_KEY;
  readonly httpStatus: number;
  readonly path?: string | undefined;
  /** The same envelope as on REST. */
  readonly error: ErrorBody['error'];
  /** Seconds after which a retry makes sense, where that is known. */
  readonly retryAfter: number | null;
  /** The conversation of the turn that failed, also when it is a new one: the turn can be tried again there. */
  readonly conversationId: string | null;
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    isDev: false,
    errorFormatter({ shape, error }) {
      const { status, trpcCode, body, retryAfter, conversationId } = toWireError(error);
      const data = {
        code: trpcCode,
        httpStatus: status,
        path: shape.data.path,
        error: body.error,
        retryAfter,
        conversationId,
      } satisfies ErrorData;
      return { ...shape, message: body.error.message, data };
    },
  });

export const router = t.router;

/** Gives every error the tRPC code of its row, so that each transport answers with the right status. */
const base = t.procedure.use(async ({ ctx: { inputOf }, batchIndex, getRawInput, next }) => {
  const result = await next({ getRawInput: inputOf ? async () => inputOf(batchIndex) : getRawInput });
  if (result.ok) return result;
  const error = toAppError(result.error);
  throw new TRPCError({ code: errorRow(error.code).trpc, message: error.message, cause: error });
});

export const publicProcedure = base.meta({ public: true });

/** What a procedure with a key works with. */
export type CallerContext = Context & { readonly caller: Caller };

/** Lets the caller in, or throws why not. */
export function withCaller(ctx: Context, signal: AbortSignal): CallerContext {
  const { requestId, setHeader, headersSent, dialectHeaders } = ctx;
  const principal = ctx.authorize();
  const caller: Caller = {
    requestId,
    principal,
    signal: stopSignal(principal, signal),
    receivedAt: monotonicNow(),
    record: new RequestRecord(),
    setHeader,
    ...(headersSent ? { headersSent } : {}),
    dialectHeaders,
  };
  return Object.assign(ctx, { caller });
}

/** Needs a key: what the use case gets is the caller. */
export const procedure = base.use(async ({ ctx, signal, path, type, next }) => {
  // A copy: one context serves all calls of a batch.
  const own = withCaller({ ...ctx }, signal ?? new AbortController().signal);
  const result = await next({ ctx: own });
  const { requestId, principal, record, receivedAt } = own.caller;
  // How a subscription ends is not known here; its meter reports it.
  if (type !== 'subscription' && !record.isMetered) {
    const failure = result.ok ? undefined : result.error;
    const status = failure === undefined ? 200 : toAppError(failure).status;
    ctx.report?.({ requestId, operation: path, principal, status, failure, ms: monotonicNow() - receivedAt });
  }
  return result;
});

/**
 * Attaches an output schema for the OpenAPI document alone: answers are not parsed again, so fields that only the
 * upstream knows reach the client.
 */
export function documented<P extends { _def: object }>(built: P, output: unknown): P {
  Object.assign(built._def, { output });
  return built;
}
