import { estimateTokens } from '../../canonical/estimate-tokens.ts';
import { adds } from '../../canonical/is-token.ts';
import { isObject, type Json } from '../../canonical/json.ts';
import { bytesPerToken } from './prompt-size.ts';

/** The longest text that is still taken for one token: most chunks bring one. In bytes. */
const LONGEST_TOKEN = 12;

/** A chunk of one token with its frame is smaller, in bytes. */
const SMALL_CHUNK = 400;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The texts of a message or chunk: content, reasoning and tool calls. A refusal is not one of them. Where a prompt was
 * blocked, it is a text of the vendor or of the gateway and no token of a model, and OpenAI counts its own refusals.
 */
function textsOf(message: Readonly<Record<string, unknown>>): string[] {
  const { content, reasoning_content: thought, reasoning, tool_calls: calls, function_call: legacy } = message;
  const texts = [content, thought ?? reasoning].map(textOf);
  const called = (Array.isArray(calls) ? calls : []).flatMap((call: unknown) =>
    isObject(call) ? [call.function, call.custom] : [],
  );
  for (const call of [legacy, ...called]) {
    if (isObject(call)) texts.push(textOf(call.name), textOf(call.arguments), textOf(call.input));
  }
  return texts;
}

const tokensOfTexts = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + estimateTokens(text), 0);

/** The tokens of a whole answer, as far as they can be told from its text. */
export const tokensOfAnswer = (message: Readonly<Record<string, unknown>>): number => tokensOfTexts(textsOf(message));

/** The tokens of a choice in a chunk: one at least, when it adds anything but a refusal to the answer. */
function tokensOfChoice(choice: unknown): number {
  if (!isObject(choice) || !adds(choice)) return 0;
  const { delta } = choice;
  const texts = isObject(delta) ? textsOf(delta) : [textOf(choice.text)];
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  if (length === 0 && isObject(delta) && textOf(delta.refusal) !== '') return 0;
  return length <= LONGEST_TOKEN ? 1 : tokensOfTexts(texts);
}

/**
 * The tokens of a chunk. Most chunks bring one; some servers put several into one. A small chunk whose text is not known
 * is parsed only when that `matters`.
 */
export function countTokens(chunk: Json<{ readonly choices?: readonly unknown[] }>, matters: boolean): number {
  const { textBytes } = chunk;
  if (textBytes !== null) return textBytes <= LONGEST_TOKEN ? 1 : Math.ceil(textBytes / bytesPerToken.prose);
  if (!matters && !chunk.hasValue && chunk.bytes.length < SMALL_CHUNK) return 1;
  const { choices } = chunk.value;
  return Array.isArray(choices) ? choices.reduce<number>((sum, choice) => sum + tokensOfChoice(choice), 0) : 0;
}
