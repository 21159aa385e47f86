import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { invalidField } from '../../errors/invalid-field.ts';

/** Fields beyond OpenAI's that llama.cpp's own server takes as well, under the same names. */
const ownFields = [
  ['top_k', 'top_k'],
  ['min_p', 'min_p'],
  ['typical_p', 'typical_p'],
  ['repeat_penalty', 'penalty_repeat'],
] as const;

/** The fields that it reads. */
export const SAMPLING_FIELDS = [
  ...['temperature', 'top_p', 'seed', 'frequency_penalty', 'presence_penalty'],
  ...ownFields.map(([field]) => field),
];

/**
 * The sampling options by the binding's names. Options that the client leaves out keep llama.cpp's defaults (top_k 40,
 * top_p 0.95, min_p 0.05), except for the temperature, whose default is the model's own.
 */
export function toSampling(request: ChatCompletionRequest, temperature: number): Record<string, number> {
  const sampling: Record<string, number> = { temperature: request.temperature ?? temperature };
  if (typeof request.top_p === 'number') sampling.top_p = request.top_p;
  if (typeof request.seed === 'number') sampling.seed = toSeed(request.seed);
  if (request.frequency_penalty) sampling.penalty_freq = request.frequency_penalty;
  if (request.presence_penalty) sampling.penalty_present = request.presence_penalty;
  // OpenAI's penalties apply to the whole answer; llama.cpp's apply to the last 64 tokens unless this is set.
  if (request.frequency_penalty || request.presence_penalty) sampling.penalty_last_n = -1;
  for (const [field, option] of ownFields) {
    const value = request[field];
    if (typeof value !== 'number') continue;
    // Outside this range the inverse of the penalty can overflow, which ends the native process. No client needs such
    // values.
    if (field === 'repeat_penalty' && (value < 0.01 || value > 100)) {
      throw invalidField(field, 'The value must be between 0.01 and 100.');
    }
    sampling[option] = value;
  }
  // The binding samples even at temperature 0. With one candidate the result is certain.
  if (sampling.temperature === 0) sampling.top_k = 1;
  return sampling;
}

/** The binding takes 32 bits; -1 means any seed. */
function toSeed(seed: number): number {
  return Math.abs(seed) % 0x7fffffff;
}
