import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { isEmpty } from '../idle-fields.ts';

const never = () => false;

/** Fields that Anthropic does not support, with the values that ask for nothing beyond what it does anyway. */
const UNSUPPORTED = tableOf<(value: unknown) => boolean>({
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
  // Fields of vLLM, llama.cpp and Ollama. Any other unknown field may be a new one of Anthropic, which checks it itself.
  ...Object.fromEntries(
    [
      ...'min_p typical_p repetition_penalty repeat_penalty length_penalty min_tokens ignore_eos grammar'.split(' '),
      ...'guided_json guided_regex guided_choice guided_grammar structured_outputs'.split(' '),
      ...'chat_template chat_template_kwargs'.split(' '),
    ].map((field) => [field, isEmpty]),
  ),
});

/** Anthropic's own names for fields of the canonical form. If both were given, they could contradict each other. */
const OTHER_NAMES = tableOf<string>({
  system: 'a message of the role system',
  stop_sequences: 'stop',
});

/** Refuses fields that would be lost in the translation. */
export function checkFields(request: ChatCompletionRequest): void {
  for (const [field, value] of Object.entries(request)) {
    if (value == null) continue;
    const other = OTHER_NAMES[field];
    if (other) throw invalidField(field, `Send ${other} instead.`);
    if (UNSUPPORTED[field] && !UNSUPPORTED[field](value)) {
      throw invalidField(field, `Anthropic does not support '${field}'.`);
    }
  }
  if (request.temperature != null && request.temperature > 1) {
    throw invalidField('temperature', 'Anthropic accepts temperatures from 0 to 1.');
  }
}

/** The fields that are checked here; none of them is sent upstream. */
export const checkedAway: readonly string[] = Object.keys(UNSUPPORTED);
