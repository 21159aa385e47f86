import type { AnyTRPCRouter } from '@trpc/server';
import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi';
import { globalRegistry, type z } from 'zod';
import { ErrorBody, type ErrorRow, errorCatalog } from '../../../contracts/errors.ts';
import type { Tag } from '../../rpc/meta.ts';
import { listOperations, listProcedures, metaOf, type Operation } from '../list-operations.ts';
import { audioPaths, audioSchemas, audioTag } from './audio-document.ts';
import { describeDocument } from './describe-document.ts';
import { exportPaths } from './export-document.ts';
import { importPaths, importSchemas } from './import-document.ts';
import { ONCE_ERRORS, onceParameter, replayedHeader } from './once-document.ts';
import { simplifySchemas } from './simplify-schemas.ts';

type Schema = { $ref: string };
interface ResponseObject {
  description: string;
  headers?: Record<string, { description?: string; schema: { type: string } }>;
  content?: Record<string, { schema: Schema }>;
}

const nameOf = (schema: z.core.$ZodType): string | undefined => globalRegistry.get(schema)?.id;

/** A reference to a named schema. The document has the schema among its components. */
function refTo(schema: z.core.$ZodType): Schema {
  return { $ref: `#/components/schemas/${nameOf(schema)}` };
}

const header = (type: string, description: string) => ({ description, schema: { type } });

const requestId = { 'x-request-id': header('string', 'Names the request in the logs.') };

const chatHeaders = {
  ...requestId,
  'x-gateway-backend': header('string', 'The provider and its model, such as `local/llama`.'),
  'x-gateway-applied': header('string', 'What was changed, such as `max_tokens_floored=200`.'),
};

/** The response of an error status. One status can stand for several error codes. */
function errorResponse(status: string, body: z.ZodType = ErrorBody): ResponseObject {
  const codes = Object.entries(errorCatalog).flatMap(([code, row]) => (String(row.status) === status ? [code] : []));
  return {
    description: codes.map((code) => `\`${code}\``).join(', ') || 'Error',
    headers: status === '429' ? { ...requestId, 'retry-after': header('integer', 'In seconds.') } : requestId,
    content: { 'application/json': { schema: refTo(body) } },
  };
}

/** The statuses that every operation can answer with, whatever it does; taken from the rows of the error catalog. */
function commonStatuses({ hasBody, needsKey }: { hasBody: boolean; needsKey: boolean }): string[] {
  const rows: ErrorRow[] = Object.values(errorCatalog);
  const common = rows.filter(
    ({ answers }) => answers === 'any' || (answers === 'body' && hasBody) || (answers === 'key' && needsKey),
  );
  return [...new Set(common.map(({ status }) => String(status)))];
}

function successHeaders(operation: Operation): ResponseObject['headers'] {
  const own = ownHeaders(operation);
  return operation.meta.once ? { ...own, 'x-gateway-replayed': replayedHeader } : own;
}

function ownHeaders(operation: Operation): ResponseObject['headers'] {
  if (operation.path === '/v1/embeddings')
    return { ...requestId, 'x-gateway-backend': chatHeaders['x-gateway-backend'] };
  if (!operation.stream) return requestId;
  if (!operation.path.startsWith('/c1/')) return chatHeaders;
  return { ...chatHeaders, 'x-conversation-id': header('string', 'The conversation, from its first turn on.') };
}

/** The schemas that the generator does not see: it inlines request bodies, and does not know streams and forms. */
function schemasOf(operations: readonly Operation[]): Record<string, z.ZodType> {
  const all = operations.flatMap(({ input, stream, meta }) => [input, stream?.event, meta.form, meta.tag?.errorBody]);
  return Object.fromEntries(
    [ErrorBody, ...all, ...audioSchemas, ...importSchemas].flatMap((schema) => {
      const name = schema && nameOf(schema);
      return name ? [[name, schema]] : [];
    }),
  );
}

/** The tags of the operations, each once, in the order of the router. */
function tagsOf(operations: readonly Operation[]): { name: string; description: string }[] {
  const tags = new Map<string, Tag>();
  for (const { meta } of operations) if (meta.tag) tags.set(meta.tag.name, meta.tag);
  return [...tags.values(), audioTag].map(({ name, about }) => ({ name, description: about }));
}

/**
 * The router in the form that the generator expects: with zod schemas as outputs, and plain parameter names in paths.
 */
function forGenerator(router: AnyTRPCRouter, operations: readonly Operation[]): AnyTRPCRouter {
  const outputs = new Map(operations.map(({ name, output, path }) => [name, { output: output.schema, path }]));
  const procedures = listProcedures(router).map(([name, procedure]) => {
    const { output, path } = outputs.get(name) ?? {};
    const { openapi } = metaOf(procedure);
    return [name, { _def: { ...procedure._def, output, meta: openapi && { openapi: { ...openapi, path } } } }];
  });
  return { ...router, _def: { ...router._def, procedures: Object.fromEntries(procedures) } };
}

/**
 * The OpenAPI 3.1 document of the router. The generator inlines request bodies and does not know our error body and our
 * streams; this function adds them.
 */
export function createOpenApiDocument(router: AnyTRPCRouter, version: string): OpenAPIObject {
  const operations = listOperations(router);
  const document = generateOpenApiDocument(forGenerator(router, operations), {
    title: 'Duplex',
    description: 'One address for every model, and a memory that the server keeps.',
    version,
    baseUrl: '/',
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    defs: schemasOf(operations),
  });
  document.info.license = { name: 'MIT', identifier: 'MIT' };
  document.tags = tagsOf(operations);
  const schemas = document.components?.schemas ?? {};
  for (const name of Object.keys(schemas)) if (name.startsWith('error.')) delete schemas[name];

  for (const operation of operations) {
    const { method, path, input, output, stream, meta } = operation;
    const described = document.paths?.[path]?.[method.toLowerCase() as 'get'];
    if (!described) continue;
    // An empty list says that the operation needs no key. Without the field, the document would leave this open.
    described.security ??= [];
    if (described.requestBody && input && nameOf(input) && method === 'POST' && !/\{/.test(path)) {
      const form = meta.form ? { 'multipart/form-data': { schema: refTo(meta.form) } } : {};
      Object.assign(described.requestBody, { content: { 'application/json': { schema: refTo(input) }, ...form } });
    }
    const responses: Record<string, unknown> = { ...described.responses };
    described.responses = responses;
    const hasBody = described.requestBody !== undefined;
    for (const status of commonStatuses({ hasBody, needsKey: !operation.isOpen })) responses[status] ??= {};
    if (meta.once) {
      described.parameters = [...(described.parameters ?? []), onceParameter];
      for (const status of ONCE_ERRORS) responses[status] ??= {};
    }
    for (const status of Object.keys(responses)) {
      if (status.startsWith('2')) {
        Object.assign(responses[status] ?? {}, { headers: successHeaders(operation) });
        if (stream) addContent(responses[status], 'text/event-stream', refTo(stream.event));
        if (output.forms.csv) addContent(responses[status], 'text/csv', { type: 'string' });
      } else {
        responses[status] = errorResponse(status, meta.tag?.errorBody);
      }
    }
    // For `/readyz` only: it sends the same body with another status when it is not ready.
    if (output.forms.status) responses['503'] = { ...Object(responses['200']), description: 'It cannot serve now.' };
  }
  const { 'x-gateway-applied': _, ...headers } = chatHeaders;
  const withBody = commonStatuses({ hasBody: true, needsKey: true });
  const withoutBody = commonStatuses({ hasBody: false, needsKey: true });
  Object.assign(
    document.paths ?? {},
    audioPaths({ headers, common: withBody, errorResponse }),
    exportPaths({ headers: requestId, common: withoutBody, errorResponse }),
    importPaths({ headers: requestId, common: withBody, errorResponse }),
  );
  dropUnused(document, schemas);
  describeDocument(document, operations);
  simplifySchemas(document);
  return document;
}

/** Removes the schemas that nothing refers to, then those that only the removed ones referred to. */
function dropUnused(document: OpenAPIObject, schemas: Record<string, unknown>): void {
  const text = JSON.stringify(document);
  const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
  for (const name of unused) delete schemas[name];
  if (unused.length > 0) dropUnused(document, schemas);
}

function addContent(response: unknown, type: string, schema: Schema | { type: string }): void {
  if (typeof response !== 'object' || response === null || !('content' in response)) return;
  Object.assign(response.content ?? {}, { [type]: { schema } });
}
