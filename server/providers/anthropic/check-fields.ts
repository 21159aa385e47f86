import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { invalidField } from '../../errors/invalid-field.ts';

const never = () => false;
const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Fields that Anthropic has no place for, with the values that ask for nothing beyond what it does. */
const NO_PLACE: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  logit_bias: isEmpty,
  seed: never,
  store: (value) => value === false,
  verbosity: (value) => value === 'medium',
  modalities: (value) => Array.isArray(value) && value.every((modality) => modality === 'text'),
  audio: never,
  functions: isEmpty,
  function_call: (value) => value === 'none' || value === 'auto',
  web_search_options: never,
};

/** Anthropic's own names of what has a name in the canonical form; two of both would contradict. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  system: 'a message of the role system',
  stop_sequences: 'stop',
};

/** Refuses what would else be lost. */
export function checkFields(request: ChatCompletionRequest): void {
  for (const [field, value] of Object.entries(request)) {
    if (value == null) continue;
    const other = OTHER_NAMES[field];
    if (other) throw invalidField(field, `Give it as ${other}.`);
    if (NO_PLACE[field] && !NO_PLACE[field](value)) {
      throw invalidField(field, `Anthropic has nothing like '${field}'.`);
    }
  }
  if (request.temperature != null && request.temperature > 1) {
    throw invalidField('temperature', 'Anthropic takes temperatures from 0 to 1.');
  }
}

/** Of the fields that are checked here none goes upstream. */
export const checkedAway: readonly string[] = Object.keys(NO_PLACE);
