import type { AnyTRPCRouter } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseExact } from '../canonical/exact-json.ts';
import { AppError } from '../errors/app-error.ts';
import { stopReason } from '../errors/stop-reason.ts';
import { afterPoll } from '../event-loop/after-poll.ts';
import type { Gate } from '../features/access/gate.ts';
import type { Context } from '../rpc/context.ts';
import { TrackedStream } from '../rpc/tracked-stream.ts';
import { type CallerContext, withCaller } from '../rpc/trpc.ts';
import { coerceQuery } from './coerce-query.ts';
import { connectionOf } from './connection.ts';
import { anthropicHeaders, speaksAnthropic } from './error-dialect.ts';
import { acceptImageForms, FormBody } from './forms/image-form.ts';
import type { Heartbeat } from './heartbeat.ts';
import { admission } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { guardMethods } from './hooks/method-guard.ts';
import { listOperations, type Operation } from './list-operations.ts';
import { setHeader } from './set-header.ts';
import { sendStream } from './sse.ts';

export interface RestOptions {
  readonly router: AnyTRPCRouter;
  readonly gate: Gate;
  readonly heartbeat: Heartbeat;
}

const toFastifyPath = (path: string) => path.replace(/\{(\w+)\}/g, ':$1');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseBody(body: unknown): Record<string, unknown> {
  if (body instanceof FormBody) return body.fields;
  if (!Buffer.isBuffer(body) || body.length === 0) throw new AppError('invalid_json', 'The request body is empty.');
  let value: unknown;
  try {
    // The arguments of earlier calls are objects there, whose integers may be longer than a number holds.
    value = body.includes('tool_use"') ? parseExact(body.toString('utf8')) : JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('invalid_json', 'The request body is not valid JSON.', { cause });
  }
  if (isObject(value)) return value;
  throw new AppError('invalid_json', 'The request body must be a JSON object.');
}

function readInput(operation: Operation, request: FastifyRequest): Record<string, unknown> {
  const params = isObject(request.params) ? request.params : {};
  if (operation.method !== 'GET' && operation.method !== 'DELETE') {
    const absent = operation.meta.bodyOptional && !(Buffer.isBuffer(request.body) && request.body.length > 0);
    return absent ? params : Object.assign(parseBody(request.body), params);
  }
  return { ...coerceQuery(operation.input, isObject(request.query) ? request.query : {}), ...params };
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
export async function restPlugin(app: FastifyInstance, { router, gate, heartbeat }: RestOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
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
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const allowed = operations.filter((operation) => operation.path === path).map(({ method }) => method);
    guardMethods(app, toFastifyPath(path), allowed);
  }

  function addRoute(scope: FastifyInstance, operation: Operation): void {
    const { meta, method, path, input: schema, resolve, resolveStream } = operation;
    scope.route({
      method,
      url: toFastifyPath(path),
      ...(meta.public ? {} : admitted),
      async handler(request, reply) {
        await new Promise<void>(afterPoll);
        const raw = readInput(operation, request);
        const input: unknown = schema ? schema.parse(raw) : raw;
        let bytes: Buffer | undefined;
        const context = createContext(request, reply, (answer) => {
          bytes = answer.bytes;
        });
        const ctx = meta.public ? context : withCaller(context, connectionOf(request.raw.socket).signal);
        const streamed = resolveStream && raw.stream === true;
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
