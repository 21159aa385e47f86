import type { AnyTRPCRouter } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '../canonical/json.ts';
import { stopReason } from '../errors/stop-reason.ts';
import { afterPoll } from '../event-loop/after-poll.ts';
import type { Gate } from '../features/access/gate.ts';
import type { HeldBytes } from '../features/access/held-bytes.ts';
import type { TokenGuard } from '../features/access/token-guard.ts';
import { traceParentOf } from '../features/access/trace-parent.ts';
import type { Context } from '../rpc/context.ts';
import { TrackedStream } from '../rpc/tracked-stream.ts';
import { type CallerContext, withCaller } from '../rpc/trpc.ts';
import { coerceQuery } from './coerce-query.ts';
import { addressOf } from './connections/address-of.ts';
import { connectionOf } from './connections/connection.ts';
import { isFromHere } from './connections/is-from-here.ts';
import { anthropicHeaders, speaksAnthropic } from './error-dialect.ts';
import { acceptImageForms, FormBody } from './forms/image-form.ts';
import type { Heartbeat } from './heartbeat.ts';
import { admission, principalOf } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { idempotencyKeyOf } from './idempotency-key-of.ts';
import { acceptJson } from './json-body/decode-body.ts';
import { readObject } from './json-body/read-object.ts';
import { listOperations, type Operation } from './list-operations.ts';
import { setHeader } from './set-header.ts';
import { sendStream } from './sse.ts';
import { takeUserOfQuery } from './user-of-query.ts';

export interface RestOptions {
  readonly router: AnyTRPCRouter;
  readonly gate: Gate;
  readonly guard: TokenGuard;
  readonly heartbeat: Heartbeat;
  readonly maxBodyValues: number;
  /** The requests of each key. */
  readonly held: HeldBytes;
}

function toFastifyPath({ path, hasSlashes }: Operation): string {
  return (hasSlashes ? path.replace(/\{\w+\}$/, '*') : path).replace(/\{(\w+)\}/g, ':$1');
}

/** The parameters of the path, by name. Fastify calls a parameter with slashes `*`. */
function paramsOf({ path, hasSlashes }: Operation, { params }: FastifyRequest): Record<string, unknown> {
  if (!isRecord(params)) return {};
  if (!hasSlashes) return params;
  const { '*': rest, ...named } = params;
  return { ...named, [/\{(\w+)\}$/.exec(path)?.[1] ?? '*']: rest };
}

type Input = Record<string, unknown>;

/** The header that a client sends when it reconnects to a stream. Format: the HTML standard, server-sent events. */
function lastEventOf({ headers }: FastifyRequest): Input {
  const { 'last-event-id': id } = headers;
  return typeof id === 'string' ? { lastEventId: id } : {};
}

/** The input of a request with a body, whose path and query say more. */
const withAddress = (operation: Operation, request: FastifyRequest, fields: Input): Input =>
  takeUserOfQuery(operation, request, Object.assign(fields, paramsOf(operation, request)));

/** Reads the input of a request. Returns a promise only for a long body. */
function readInput(operation: Operation, request: FastifyRequest, maxBodyValues: number): Input | Promise<Input> {
  if (operation.method === 'GET' || operation.method === 'DELETE') {
    const query = coerceQuery(operation.input, isRecord(request.query) ? request.query : {});
    return { ...lastEventOf(request), ...query, ...paramsOf(operation, request) };
  }
  const { body } = request;
  if (body instanceof FormBody) return withAddress(operation, request, body.fields);
  if (operation.isBodyOptional && !(Buffer.isBuffer(body) && body.length > 0)) {
    return withAddress(operation, request, {});
  }
  const read = readObject(request, maxBodyValues);
  return read instanceof Promise
    ? read.then((fields) => withAddress(operation, request, fields))
    : withAddress(operation, request, read);
}

function createContext(
  request: FastifyRequest,
  reply: FastifyReply,
  { guard, gate }: Pick<RestOptions, 'guard' | 'gate'>,
): Context {
  return {
    requestId: request.id,
    guard,
    countGuess: () => gate.countGuess(addressOf(gate.proxies, request.raw)),
    isFromHere: () => isFromHere(request.raw),
    authorize: () => principalOf(request),
    setHeader(name, value) {
      setHeader(reply, name, value);
    },
    headersSent: () => reply.raw.headersSent,
    parent: traceParentOf(request.headers),
    ...(speaksAnthropic(request) ? { dialectHeaders: anthropicHeaders(request) } : {}),
    hold: request.hold,
    body: Buffer.isBuffer(request.body) ? request.body : undefined,
    idempotencyKey: idempotencyKeyOf(request),
  };
}

/** The result of a procedure, or an error when the key was revoked during the call. */
async function answerOf(made: unknown, ctx: Context | CallerContext): Promise<unknown> {
  try {
    return await made;
  } catch (error) {
    throw 'caller' in ctx ? stopReason(ctx.caller.signal, error) : error;
  }
}

/** Serves every operation of the router as a native route, with the same input schema and the same resolver. */
export async function restPlugin(
  app: FastifyInstance,
  { router, gate, guard, heartbeat, maxBodyValues, held }: RestOptions,
): Promise<void> {
  app.removeAllContentTypeParsers();
  acceptJson(app, { held, keep: (_request, body) => body });
  const operations = listOperations(router);
  for (const operation of operations) {
    if (!operation.meta.form) addRoute(app, operation);
    else {
      await app.register(async (scope) => {
        acceptImageForms(scope, held);
        addRoute(scope, operation);
      });
    }
  }
  function addRoute(scope: FastifyInstance, operation: Operation): void {
    const { method, input: schema, output, resolve, stream, isOpen } = operation;
    const { csv, status } = output.forms;
    const onRequest = admission(gate, { takesTokens: operation.meta.tokens !== undefined });
    scope.route({
      method,
      url: toFastifyPath(operation),
      ...(isOpen ? {} : { onRequest }),
      async handler(request, reply) {
        await new Promise<void>(afterPoll);
        const reading = readInput(operation, request, maxBodyValues);
        const raw = reading instanceof Promise ? await reading : reading;
        const parsed: unknown = schema ? schema.parse(raw) : raw;
        const context = createContext(request, reply, { guard, gate });
        const known = isOpen ? null : withCaller(context, connectionOf(request.raw.socket).signal);
        if (known) {
          request.record = known.caller.record;
          known.caller.record.said = parsed;
        }
        const hasToken = known?.caller.principal.token != null;
        const input = hasToken ? await guard.confine(known.caller.principal, operation.meta.tokens, parsed) : parsed;
        const ctx = known ?? context;
        const streamed = stream && (stream.isDefault ? raw.stream !== false : raw.stream === true);
        const made = await answerOf((streamed ? stream.resolve : resolve)({ ctx, input }), ctx);
        if (made instanceof TrackedStream) {
          await sendStream(reply, made, heartbeat, (error) => logError(request, error));
          return reply;
        }
        if (csv && raw.format === 'csv') {
          return reply.header('content-type', 'text/csv; charset=utf-8').send(csv(made));
        }
        reply.header('content-type', 'application/json; charset=utf-8');
        if (status) reply.code(status(made));
        const written = output.write(made, speaksAnthropic(request) ? 'anthropic' : undefined);
        return reply.send(written instanceof Promise ? await written : written);
      },
    });
  }
}
