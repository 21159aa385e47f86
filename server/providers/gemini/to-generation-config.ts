import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { asObject, refuseOthers } from './refuse.ts';
import { toThinking } from './to-thinking.ts';

/** The fields of `image_config`, in OpenRouter's spelling and in Gemini's. */
const IMAGE_FIELDS = tableOf<string>({
  aspect_ratio: 'aspectRatio',
  aspectRatio: 'aspectRatio',
  image_size: 'imageSize',
  imageSize: 'imageSize',
});
const MODALITIES = tableOf<string>({ text: 'TEXT', image: 'IMAGE' });

function toImageConfig(given: unknown): object | null {
  if (given == null) return null;
  const config = asObject(given, 'image_config');
  refuseOthers(config, new Set(Object.keys(IMAGE_FIELDS)), 'image_config');
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [IMAGE_FIELDS[key] ?? key, value]));
}

function toModalities(given: unknown): string[] | null {
  if (given == null) return null;
  if (!Array.isArray(given)) throw invalidField('modalities', 'This must be a list.');
  return given.map((name: unknown, i) => {
    const modality = typeof name === 'string' ? MODALITIES[name] : undefined;
    if (modality) return modality;
    throw invalidField(`modalities[${i}]`, "Gemini accepts 'text' and 'image' here.");
  });
}

/** Translates `response_format`. Gemini always keeps to the schema; the name of a schema is a label for the client. */
function toFormat({ response_format: format }: ChatCompletionRequest): object {
  if (format == null || format.type === 'text') return {};
  if (format.type === 'json_object') return { responseMimeType: 'application/json' };
  if (format.type !== 'json_schema') {
    throw invalidField('response_format.type', 'Gemini accepts text, json_object and json_schema.');
  }
  const schema = format.json_schema?.schema;
  if (!schema) throw invalidField('response_format.json_schema.schema', 'This must be a JSON Schema.');
  return { responseMimeType: 'application/json', responseJsonSchema: schema };
}

function toLogprobs({ logprobs, top_logprobs: top }: ChatCompletionRequest): object {
  if (logprobs) return { responseLogprobs: true, ...(top == null ? {} : { logprobs: top }) };
  if (top) throw invalidField('top_logprobs', '`top_logprobs` needs `logprobs: true`.');
  return {};
}

/** Format: Gemini API, `stopSequences` of GenerationConfig. */
const MOST_STOPS = 5;

function toStops(stop: ChatCompletionRequest['stop']): string[] | null {
  const stops = typeof stop === 'string' ? [stop] : (stop ?? []);
  if (stops.length > MOST_STOPS) throw invalidField('stop', `Gemini accepts at most ${MOST_STOPS} stop sequences.`);
  return stops.length > 0 ? stops : null;
}

const isSaid = ([, value]: [string, unknown]): boolean => value != null;

/**
 * The `generationConfig` of a request; null when it sets nothing. `thinking` is the `thinking_config` of Google's own
 * extension.
 */
export function toGenerationConfig(request: ChatCompletionRequest, model: string, thinking: unknown): object | null {
  const said = Object.entries({
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens,
    temperature: request.temperature,
    topP: request.top_p,
    topK: request.top_k,
    stopSequences: toStops(request.stop),
    seed: request.seed,
    presencePenalty: request.presence_penalty,
    frequencyPenalty: request.frequency_penalty,
    candidateCount: request.n,
    responseModalities: toModalities(request.modalities),
    imageConfig: toImageConfig(request.image_config),
    thinkingConfig: toThinking(request, thinking, model),
  }).filter(isSaid);
  const config = { ...Object.fromEntries(said), ...toLogprobs(request), ...toFormat(request) };
  return Object.keys(config).length > 0 ? config : null;
}
