import type { AnyTRPCRouter } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '../canonical/json.ts';
import { AppError } from '../errors/app-error.ts';
import { stopReason } from '../errors/stop-reason.ts';
import { afterPoll } from '../event-loop/after-poll.ts';
import type { Gate } from '../features/access/gate.ts';
import type { Context } from '../rpc/context.ts';
import { TrackedStream } from '../rpc/tracked-stream.ts';
import { type CallerContext, withCaller } from '../rpc/trpc.ts';
import { coerceQuery } from './coerce-query.ts';
import { connectionOf } from './connections/connection.ts';
import { anthropicHeaders, speaksAnthropic } from './error-dialect.ts';
import { acceptImageForms, FormBody } from './forms/image-form.ts';
import type { Heartbeat } from './heartbeat.ts';
import { admission } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { guardMethods } from './hooks/method-guard.ts';
import { acceptJson } from './json-body/decode-body.ts';
import { readObject } from './json-body/read-object.ts';
import { listOperations, type Operation } from './list-operations.ts';
import { setHeader } from './set-header.ts';
import { sendStream } from './sse.ts';

export interface RestOptions {
  readonly router: AnyTRPCRouter;
  readonly gate: Gate;
  readonly heartbeat: Heartbeat;
  readonly maxBodyValues: number;
}

function toFastifyPath({ path, meta }: Operation): string {
  return (meta.slashes ? path.replace(/\{\w+\}$/, '*') : path).replace(/\{(\w+)\}/g, ':$1');
}

/** The parameters of the path by their names: Fastify calls a rest with slashes `*`. */
function paramsOf({ path, meta }: Operation, { params }: FastifyRequest): Record<string, unknown> {
  if (!isRecord(params)) return {};
  if (!meta.slashes) return params;
  const { '*': rest, ...named } = params;
  return { ...named, [/\{(\w+)\}$/.exec(path)?.[1] ?? '*']: rest };
}

type Input = Record<string, unknown>;

/** What a client sends by itself when it connects again to a stream. Format: the HTML standard, server-sent events. */
function lastEventOf({ headers }: FastifyRequest): Input {
  const { 'last-event-id': id } = headers;
  return typeof id === 'string' ? { lastEventId: id } : {};
}

/** A promise only for a body that is read in pieces. */
function readInput(operation: Operation, request: FastifyRequest, maxBodyValues: number): Input | Promise<Input> {
  const params = paramsOf(operation, request);
  if (operation.method === 'GET' || operation.method === 'DELETE') {
    const query = coerceQuery(operation.input, isRecord(request.query) ? request.query : {});
    return { ...lastEventOf(request), ...query, ...params };
  }
  const { body } = request;
  if (body instanceof FormBody) return Object.assign(body.fields, params);
  if (operation.meta.bodyOptional && !(Buffer.isBuffer(body) && body.length > 0)) return params;
  const read = readObject(request, maxBodyValues);
  return read instanceof Promise ? read.then((fields) => Object.assign(fields, params)) : Object.assign(read, params);
}

function createContext(request: FastifyRequest, reply: FastifyReply, respond: Context['respond']): Context {
  return {
    requestId: request.id,
    authorize() {
      if (request.principal) return request.principal;
      throw new AppError('missing_authorization');
    },
    setHeader(name, value) {
      setHeader(reply, name, value);
    },
    headersSent: () => reply.raw.headersSent,
    ...(speaksAnthropic(request) ? { dialect: 'anthropic', dialectHeaders: anthropicHeaders(request) } : {}),
    body: Buffer.isBuffer(request.body) ? request.body : undefined,
    respond,
  };
}

/** What a revoked key stopped half-way fails for that reason. */
async function answerOf(output: unknown, ctx: Context | CallerContext): Promise<unknown> {
  try {
    return await output;
  } catch (error) {
    throw 'caller' in ctx ? stopReason(ctx.caller.signal, error) : error;
  }
}

/** Serves every operation of the router as a native route: the same input schema, the same resolver. */
export async function restPlugin(
  app: FastifyInstance,
  { router, gate, heartbeat, maxBodyValues }: RestOptions,
): Promise<void> {
  app.removeAllContentTypeParsers();
  acceptJson(app, (_request, body) => body);
  const admitted = { onRequest: admission(gate) };
  const operations = listOperations(router);
  for (const operation of operations) {
    if (!operation.meta.imageForm) addRoute(app, operation);
    else {
      await app.register(async (scope) => {
        acceptImageForms(scope);
        addRoute(scope, operation);
      });
    }
  }
  for (const path of new Set(operations.map(toFastifyPath))) {
    const allowed = operations.filter((operation) => toFastifyPath(operation) === path).map(({ method }) => method);
    guardMethods(app, path, allowed);
  }

  function addRoute(scope: FastifyInstance, operation: Operation): void {
    const { meta, method, input: schema, resolve, resolveStream } = operation;
    scope.route({
      method,
      url: toFastifyPath(operation),
      ...(meta.public ? {} : admitted),
      async handler(request, reply) {
        await new Promise<void>(afterPoll);
        const reading = readInput(operation, request, maxBodyValues);
        const raw = reading instanceof Promise ? await reading : reading;
        const input: unknown = schema ? schema.parse(raw) : raw;
        let bytes: Buffer | undefined;
        const context = createContext(request, reply, (answer) => {
          bytes = answer.bytes;
        });
        const known = meta.public ? null : withCaller(context, connectionOf(request.raw.socket).signal);
        if (known) request.record = known.caller.record;
        const ctx = known ?? context;
        const streamed = resolveStream && (meta.streamsByDefault ? raw.stream !== false : raw.stream === true);
        const output = await answerOf((streamed ? resolveStream : resolve)({ ctx, input }), ctx);
        if (output instanceof TrackedStream) {
          await sendStream(reply, output, heartbeat, (error) => logError(request, error));
          return reply;
        }
        if (meta.csv && raw.format === 'csv') {
          return reply.header('content-type', 'text/csv; charset=utf-8').send(meta.csv(output));
        }
        reply.header('content-type', 'application/json; charset=utf-8');
        if (meta.status) reply.code(meta.status(output));
        return reply.send(bytes ?? JSON.stringify(output));
      },
    });
  }
}
