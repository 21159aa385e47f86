import { ImportProgress, ImportReport, ImportRequest } from '../../../contracts/conversations/import.ts';

/** The operation of `imports.ts`, as OpenAPI has it; the generator knows only those of the router. */
interface ImportDocumentParts {
  readonly headers: object;
  /** The statuses of errors that every operation with a key and a body has. */
  readonly common: readonly string[];
  readonly errorResponse: (status: string) => object;
}

/** Named in the path below. */
export const importSchemas = [ImportReport, ImportProgress];

const ERRORS = ['400', '403', '409', '413', '503'];

const file = { schema: { type: 'string', format: 'binary' } };

/** `paths` of the document; the schemas they name are components of it. */
export const importPaths = ({ headers, common, errorResponse }: ImportDocumentParts): Record<string, object> => ({
  '/c1/conversations/import': {
    post: {
      operationId: 'conversations-import',
      summary: 'Import conversations',
      description:
        'From a file that is read while it arrives: an export of Duplex, ChatGPT or Open WebUI, messages as chat completions take them, or our Markdown.',
      tags: ['conversations'],
      security: [{ bearer: [] }],
      parameters: [
        {
          in: 'query',
          name: 'user_id',
          required: false,
          description: ImportRequest.shape.user_id.description,
          schema: { type: 'string', minLength: 1, maxLength: 256 },
        },
      ],
      requestBody: { required: true, content: { 'application/octet-stream': file, 'application/json': file } },
      responses: {
        '200': {
          description: 'What was imported, and what could not be. As events: the progress, and the report at the end.',
          headers,
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/ImportReport' } },
            'text/event-stream': {
              schema: {
                oneOf: [{ $ref: '#/components/schemas/ImportProgress' }, { $ref: '#/components/schemas/ImportReport' }],
              },
            },
          },
        },
        ...Object.fromEntries([...new Set([...common, ...ERRORS])].map((status) => [status, errorResponse(status)])),
      },
    },
  },
});
