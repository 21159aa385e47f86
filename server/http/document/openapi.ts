import type { AnyTRPCRouter } from '@trpc/server';
import { generateOpenApiDocument, type OpenAPIObject } from 'trpc-to-openapi';
import { globalRegistry } from 'zod';
import { SpeechRequest, TranscriptionForm, TranslationForm } from '../../../contracts/audio/audio.ts';
import { ChatCompletionChunk, ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { TurnRequest } from '../../../contracts/chat/turn.ts';
import { TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import { EmbeddingRequest } from '../../../contracts/embeddings/embedding.ts';
import { ErrorBody, type ErrorRow, errorCatalog } from '../../../contracts/errors.ts';
import { ImageEditForm, ImageEditRequest } from '../../../contracts/images/edit.ts';
import { ImageEvent, ImageGenerationRequest } from '../../../contracts/images/generation.ts';
import { MessageEvent } from '../../../contracts/messages/answer.ts';
import { MessageErrorBody } from '../../../contracts/messages/error.ts';
import { MessageRequest, TokenCountRequest } from '../../../contracts/messages/request.ts';
import { CompactRequest, InputTokensRequest } from '../../../contracts/responses/compaction.ts';
import { ResponseRequest } from '../../../contracts/responses/request.ts';
import { ResponseEvent } from '../../../contracts/responses/response.ts';
import { listOperations, type Operation } from '../list-operations.ts';
import { audioPaths } from './audio-document.ts';
import { describeDocument } from './describe-document.ts';
import { exportPaths } from './export-document.ts';

const TAGS: Readonly<Record<string, string>> = {
  chat: 'OpenAI-compatible, stateless chat completions.',
  completions: 'OpenAI-compatible legacy completions.',
  embeddings: 'OpenAI-compatible embeddings.',
  audio: 'Speech to text and text to speech; on REST alone, because they are files and bytes.',
  conversations: 'Chat with memory: the server keeps the history.',
  messages: "Anthropic's Messages API, over any model.",
  images: 'OpenAI-compatible images, made and changed.',
  responses: "OpenAI's Responses API over any model, and its shape of conversations.",
  models: 'Which models there are, and what they can do.',
  accounts: "Keys, wallets and the audit, for the administrator's bearer alone; usage, for keys also.",
  system: 'Health and the error catalog.',
};

type Schema = { $ref: string };
interface ResponseObject {
  description: string;
  headers?: Record<string, { description?: string; schema: { type: string } }>;
  content?: Record<string, { schema: Schema }>;
}

const refTo = (id: string): Schema => ({ $ref: `#/components/schemas/${id}` });

const header = (type: string, description: string) => ({ description, schema: { type } });

const requestId = { 'x-request-id': header('string', 'Names the request in the logs.') };

const chatHeaders = {
  ...requestId,
  'x-gateway-backend': header('string', 'The provider and its model, such as `local/llama`.'),
  'x-gateway-applied': header('string', 'What was changed, such as `max_tokens_floored=200`.'),
};

/** One status may stand for several codes. */
function errorResponse(status: string, body = 'ErrorBody'): ResponseObject {
  const codes = Object.entries(errorCatalog).flatMap(([code, row]) => (String(row.status) === status ? [code] : []));
  return {
    description: codes.map((code) => `\`${code}\``).join(', ') || 'Error',
    headers: status === '429' ? { ...requestId, 'retry-after': header('integer', 'In seconds.') } : requestId,
    content: { 'application/json': { schema: refTo(body) } },
  };
}

/** The statuses that an operation can answer with whatever it does, by the rows of their errors. */
function commonStatuses({ hasBody, needsKey }: { hasBody: boolean; needsKey: boolean }): string[] {
  const rows: ErrorRow[] = Object.values(errorCatalog);
  const common = rows.filter(
    ({ answers }) => answers === 'any' || (answers === 'body' && hasBody) || (answers === 'key' && needsKey),
  );
  return [...new Set(common.map(({ status }) => String(status)))];
}

function successHeaders(operation: Operation): ResponseObject['headers'] {
  if (operation.path === '/v1/embeddings')
    return { ...requestId, 'x-gateway-backend': chatHeaders['x-gateway-backend'] };
  if (!operation.meta.stream) return requestId;
  if (!operation.path.startsWith('/c1/')) return chatHeaders;
  return { ...chatHeaders, 'x-conversation-id': header('string', 'The conversation, from its first turn on.') };
}

/**
 * The OpenAPI 3.1 document of the router. The generator inlines request bodies and knows neither our error body nor
 * streams; that is put right here.
 */
export function createOpenApiDocument(router: AnyTRPCRouter, version: string): OpenAPIObject {
  const document = generateOpenApiDocument(router, {
    title: 'Duplex',
    description: 'One address for every model, and a memory that the server keeps.',
    version,
    baseUrl: '/',
    tags: Object.keys(TAGS),
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    defs: {
      ErrorBody,
      ChatCompletionChunk,
      ChatCompletionRequest,
      ImageEditForm,
      ImageEditRequest,
      ImageEvent,
      ImageGenerationRequest,
      MessageErrorBody,
      MessageEvent,
      MessageRequest,
      TokenCountRequest,
      TurnRequest,
      TextCompletion,
      TextCompletionRequest,
      EmbeddingRequest,
      TranscriptionForm,
      TranslationForm,
      SpeechRequest,
      ResponseEvent,
      ResponseRequest,
      CompactRequest,
      InputTokensRequest,
    },
  });
  document.info.license = { name: 'MIT', identifier: 'MIT' };
  document.tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }));
  const schemas = document.components?.schemas ?? {};
  for (const name of Object.keys(schemas)) if (name.startsWith('error.')) delete schemas[name];

  const operations = listOperations(router);
  for (const operation of operations) {
    const described = document.paths?.[operation.path]?.[operation.method.toLowerCase() as 'get'];
    if (!described) continue;
    // Without a key, and said so: an absent field would leave it open.
    described.security ??= [];
    const id = operation.input && globalRegistry.get(operation.input)?.id;
    if (described.requestBody && id && schemas[id] && operation.method === 'POST') {
      const form = operation.meta.imageForm ? { 'multipart/form-data': { schema: refTo('ImageEditForm') } } : {};
      Object.assign(described.requestBody, { content: { 'application/json': { schema: refTo(id) }, ...form } });
    }
    const responses: Record<string, unknown> = { ...described.responses };
    described.responses = responses;
    const hasBody = described.requestBody !== undefined;
    for (const status of commonStatuses({ hasBody, needsKey: !operation.meta.public })) responses[status] ??= {};
    for (const status of Object.keys(responses)) {
      if (status.startsWith('2')) {
        Object.assign(responses[status] ?? {}, { headers: successHeaders(operation) });
        if (operation.meta.stream) addStream(responses[status], operation.meta.streamEvent);
        if (operation.meta.csv) addContent(responses[status], 'text/csv', { type: 'string' });
      } else {
        responses[status] = errorResponse(status, operation.meta.errorBody);
      }
    }
    // `/readyz` alone: the same answer, with the status of what it says.
    if (operation.meta.status) responses['503'] = { ...Object(responses['200']), description: 'It cannot serve now.' };
  }
  const { 'x-gateway-applied': _, ...headers } = chatHeaders;
  Object.assign(
    document.paths ?? {},
    audioPaths({ headers, common: commonStatuses({ hasBody: true, needsKey: true }), errorResponse }),
  );
  Object.assign(
    document.paths ?? {},
    exportPaths({ headers: requestId, common: commonStatuses({ hasBody: false, needsKey: true }), errorResponse }),
  );
  dropUnused(document, schemas);
  describeDocument(document, operations);
  return document;
}

/** What nothing refers to; then what only that referred to. */
function dropUnused(document: OpenAPIObject, schemas: Record<string, unknown>): void {
  const text = JSON.stringify(document);
  const unused = Object.keys(schemas).filter((name) => !text.includes(JSON.stringify(refTo(name).$ref)));
  for (const name of unused) delete schemas[name];
  if (unused.length > 0) dropUnused(document, schemas);
}

function addStream(response: unknown, event = 'ChatCompletionChunk'): void {
  addContent(response, 'text/event-stream', refTo(event));
}

function addContent(response: unknown, type: string, schema: Schema | { type: string }): void {
  if (typeof response !== 'object' || response === null || !('content' in response)) return;
  Object.assign(response.content ?? {}, { [type]: { schema } });
}
