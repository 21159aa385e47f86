import { initTRPC, TRPCError } from '@trpc/server';
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc';
import { type ErrorBody, errorRow } from '../../contracts/errors.ts';
import { toAppError, toWireError } from '../errors/to-wire.ts';
import { monotonicNow } from '../event-loop/monotonic-now.ts';
import type { Caller } from '../features/access/caller.ts';
import { RequestRecord } from '../features/access/request-record.ts';
import { stopSignal } from '../features/access/stop-signal.ts';
import type { Context } from './context.ts';
import type { Meta } from './meta.ts';

interface ErrorData {
  readonly code: TRPC_ERROR_CODE_KEY;
  readonly httpStatus: number;
  readonly path?: string | undefined;
  /** The same error object as on REST. */
  readonly error: ErrorBody['error'];
  /** After how many seconds a retry makes sense; null when that is not known. */
  readonly retryAfter: number | null;
  /** The conversation of the turn that failed, also when the turn began it: the turn can be tried again there. */
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

/**
 * Gives every error the tRPC code of its row in the error catalog, so that each transport answers with the right
 * status.
 */
const base = t.procedure.use(async ({ ctx: { inputOf }, batchIndex, getRawInput, next }) => {
  const result = await next({ getRawInput: inputOf ? async () => inputOf(batchIndex) : getRawInput });
  if (result.ok) return result;
  const error = toAppError(result.error);
  throw new TRPCError({ code: errorRow(error.code).trpc, message: error.message, cause: error });
});

/** A procedure that needs no key. Its description says so. */
export const publicProcedure = base;

/** The context of a procedure that needs a key. */
export type CallerContext = Context & { readonly caller: Caller };

/** Checks the key and adds the caller to the context. Throws the reason when the caller is refused. */
export function withCaller(ctx: Context, signal: AbortSignal): CallerContext {
  const { requestId, setHeader, headersSent, dialectHeaders, parent, hold } = ctx;
  const principal = ctx.authorize();
  const record = new RequestRecord(parent);
  record.hold = hold;
  const caller: Caller = {
    requestId,
    principal,
    signal: stopSignal(principal, signal),
    receivedAt: monotonicNow(),
    record,
    setHeader,
    ...(headersSent ? { headersSent } : {}),
    dialectHeaders,
  };
  return Object.assign(ctx, { caller });
}

/** The same for a call of tRPC. When the caller is refused, the call is reported. */
function letIn(ctx: Context, path: string, signal: AbortSignal): CallerContext {
  try {
    // A copy: one context serves all calls of a batch. A call on a websocket has one of its own.
    return withCaller(ctx.socket ? ctx : { ...ctx }, signal);
  } catch (failure) {
    const { requestId, parent } = ctx;
    const { status } = toAppError(failure);
    ctx.report?.({ requestId, operation: path, principal: null, status, failure, ms: 0, parent });
    throw failure;
  }
}

/** Needs a key: what follows gets the caller. */
const keyed = base.use(async ({ ctx, signal, path, type, getRawInput, next }) => {
  const own = letIn(ctx, path, signal ?? new AbortController().signal);
  getRawInput().then(
    (input) => {
      own.caller.record.said = input;
    },
    // The procedure itself reports what is wrong with the input.
    () => {},
  );
  const result = await next({ ctx: own });
  const { requestId, principal, record, receivedAt } = own.caller;
  const { parent } = record;
  // How a subscription ends is not known here; its meter reports it, or its websocket.
  if (type !== 'subscription' && !record.isMetered) {
    const failure = result.ok ? undefined : result.error;
    const status = failure === undefined ? 200 : toAppError(failure).status;
    ctx.report?.({ requestId, operation: path, principal, status, failure, ms: monotonicNow() - receivedAt, parent });
  }
  return result;
});

/**
 * Needs a key: what the use case gets is the caller. A client token is held to what it is for before anything else is done,
 * also where a procedure takes no input.
 */
export const procedure = keyed.use(async ({ ctx: { caller, guard }, meta, getRawInput, next }) => {
  if (!caller.principal.token) return next();
  const input = await guard.confine(caller.principal, meta?.tokens, await getRawInput());
  return next({ getRawInput: async () => input });
});
