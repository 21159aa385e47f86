import { SpeechRequest, TranscriptionForm, TranslationForm } from '../../../contracts/audio/audio.ts';
import { type DocumentParts, errorResponses } from './hand-written.ts';
import { ONCE_ERRORS, onceParameter, replayedHeader } from './once-document.ts';

export const audioTag = {
  name: 'audio',
  about: 'Speech to text and text to speech. On REST only, because they are files and bytes.',
};

/** The schemas that the paths below refer to. */
export const audioSchemas = [SpeechRequest, TranscriptionForm, TranslationForm];

const ERRORS = ['402', '403', '404', ...ONCE_ERRORS, '502', '503', '504'];

const json = { schema: { type: 'object', properties: { text: { type: 'string' } }, additionalProperties: true } };
const text = { schema: { type: 'string' } };
const events = { schema: { type: 'string', description: "Server-sent events, in OpenAI's format." } };
const bytes = { schema: { type: 'string', format: 'binary' } };

const operations = [
  {
    endpoint: 'transcriptions',
    summary: 'Transcribe audio',
    description:
      "Streamed to the upstream as it arrives when `model` comes before `file`. The answer is the upstream's.",
    body: { 'multipart/form-data': { schema: { $ref: '#/components/schemas/TranscriptionForm' } } },
    told: 'The text in the `response_format` that was asked for: JSON, plain text, subtitles, or server-sent events with `stream=true`.',
    answer: { 'application/json': json, 'text/plain': text, 'text/event-stream': events },
  },
  {
    endpoint: 'translations',
    summary: 'Translate audio to English text',
    description:
      "Streamed to the upstream as it arrives when `model` comes before `file`. The answer is the upstream's.",
    body: { 'multipart/form-data': { schema: { $ref: '#/components/schemas/TranslationForm' } } },
    told: 'The text in the `response_format` that was asked for: JSON, plain text or subtitles.',
    answer: { 'application/json': json, 'text/plain': text },
  },
  {
    endpoint: 'speech',
    summary: 'Speak a text',
    description: 'The audio comes as it is made, in the format that was asked for.',
    body: { 'application/json': { schema: { $ref: '#/components/schemas/SpeechRequest' } } },
    told: 'The bytes of the audio, or server-sent events with `"stream_format": "sse"`.',
    answer: { 'audio/*': bytes, 'text/event-stream': events },
  },
];

/** The audio operations for the `paths` of the document. Their schemas must be among its components. */
export const audioPaths = (parts: DocumentParts): Record<string, object> =>
  Object.fromEntries(
    operations.map(({ endpoint, summary, description, told, body, answer }) => [
      `/v1/audio/${endpoint}`,
      {
        post: {
          operationId: `v1-audio-${endpoint}`,
          summary,
          description,
          tags: ['audio'],
          security: [{ bearer: [] }],
          parameters: [onceParameter],
          requestBody: { required: true, content: body },
          responses: {
            '200': {
              description: told,
              headers: { ...parts.headers, 'x-gateway-replayed': replayedHeader },
              content: answer,
            },
            ...errorResponses(parts, ERRORS),
          },
        },
      },
    ]),
  );
