import { ImportProgress, ImportReport, ImportRequest } from '../../../contracts/conversations/import.ts';
import { type DocumentParts, errorResponses } from './hand-written.ts';

/** The schemas that the path below refers to. */
export const importSchemas = [ImportReport, ImportProgress];

const ERRORS = ['403', '409', '503'];

const file = { schema: { type: 'string', format: 'binary' } };

/** The import for the `paths` of the document. Its schemas must be among the components. */
export const importPaths = (parts: DocumentParts): Record<string, object> => ({
  '/c1/conversations/import': {
    post: {
      operationId: 'conversations-import',
      summary: 'Import conversations',
      description:
        'Imports a file while it arrives: an export of Duplex, ChatGPT or Open WebUI, messages in the form of chat completions, or a Markdown export.',
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
          headers: parts.headers,
          content: {
            'application/json': { schema: { $ref: '#/components/schemas/ImportReport' } },
            'text/event-stream': {
              schema: {
                oneOf: [{ $ref: '#/components/schemas/ImportProgress' }, { $ref: '#/components/schemas/ImportReport' }],
              },
            },
          },
        },
        ...errorResponses(parts, ERRORS),
      },
    },
  },
});
