import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Dialect } from '../dialect.ts';
import { vendorPolicy } from '../field-policy.ts';
import { toPictureRatio } from '../picture-ratio.ts';
import type { Vendor } from '../provider-kind.ts';
import { nameRules } from '../tool-names.ts';
import { AnswerReader } from './answer-reader.ts';
import { toRequest } from './to-request.ts';

/** Reads a whole answer, which has the form of the only event of a stream. */
function readAnswer(body: unknown, alias: string): ChatCompletion {
  const reader = new AnswerReader(alias);
  const collector = new ChunkCollector();
  const natives = new Map<number, unknown>();
  const add = (chunk: ChatCompletionChunk) => {
    collector.add(chunk);
    for (const { index, native_finish_reason: native } of chunk.choices) if (native) natives.set(index, native);
  };
  // Without `alt=sse`, the vendor answers a request for a stream with a list of the events.
  for (const event of Array.isArray(body) ? body : [body]) reader.read(event).forEach(add);
  // A stream is complete when it says so; an answer that was not streamed is complete.
  if (!Array.isArray(body)) reader.complete().forEach(add);
  if (!reader.finished) throw new AppError('upstream_broken', 'The upstream sent an answer without a finish reason.');
  const { completion } = collector;
  const choices = completion.choices.map((choice) => ({ ...choice, native_finish_reason: natives.get(choice.index) }));
  return { ...completion, choices };
}

export const geminiVendor: Vendor = {
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  apiKeyEnv: 'GEMINI_API_KEY',
  // https://ai.google.dev/api. `cached_content` is left out: it names data in the operator's account.
  policy: vendorPolicy({ fields: ['top_k', 'image_config', 'extra_body.google.thinking_config'] }),
};

/** Google's native Gemini API: `generateContent` and `streamGenerateContent`. */
export const gemini: Dialect = {
  kind: 'gemini',
  toolNames: nameRules.gemini,
  pictureSize: toPictureRatio,
  headers: (apiKey): Record<string, string> => (apiKey ? { 'x-goog-api-key': apiKey } : {}),
  toRequest,
  promptCount: {
    // https://ai.google.dev/api/tokens: the counting request holds a whole request, with tools and system instruction.
    toRequest: ({ path, body }) => {
      const [model = '', method = ''] = path.split(':');
      const request = { model: decodeURIComponent(model.slice(1)), ...body };
      return {
        path: `${model}:${method.replace('generateContent', 'countTokens')}`,
        body: { generateContentRequest: request },
      };
    },
    field: 'totalTokens',
  },
  readAnswer,
  createReader: (alias) => new AnswerReader(alias),
  healthPath: '/models',
  listPath: '/models?pageSize=1000',
};
