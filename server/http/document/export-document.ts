import { type DocumentParts, errorResponses } from './hand-written.ts';

const ERRORS = ['403', '404', '503'];

const parameter = (name: string, place: 'path' | 'query', required: boolean) => ({
  in: place,
  name,
  required,
  schema: { type: 'string', minLength: 1 },
});

const format = {
  in: 'query',
  name: 'format',
  required: false,
  description: '`json` has everything that is stored; `openai` has the messages in the form of chat completions.',
  schema: { type: 'string', enum: ['json', 'markdown', 'openai'], default: 'json' },
};

const text = { schema: { type: 'string' } };

const operations = [
  {
    path: '/c1/conversations/{conversation_id}/export',
    id: 'export',
    summary: 'Export a conversation',
    parameters: [parameter('conversation_id', 'path', true), parameter('user_id', 'query', false), format],
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } }, 'text/markdown': text },
  },
  {
    path: '/c1/conversations/export',
    id: 'exportUser',
    summary: 'Export all conversations of an end user',
    parameters: [parameter('user_id', 'query', true), format],
    content: { 'application/x-ndjson': text, 'text/markdown': text },
  },
];

/** The export operations for the `paths` of the document. */
export const exportPaths = (parts: DocumentParts): Record<string, object> =>
  Object.fromEntries(
    operations.map(({ path, id, summary, parameters, content }) => [
      path,
      {
        get: {
          operationId: `conversations-${id}`,
          summary,
          description: 'A file that is written while it is sent.',
          tags: ['conversations'],
          security: [{ bearer: [] }],
          parameters,
          responses: {
            '200': { description: 'The file, in the form that was asked for.', headers: parts.headers, content },
            ...errorResponses(parts, ERRORS),
          },
        },
      },
    ]),
  );
