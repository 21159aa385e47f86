import type { Overflow } from '../../errors/app-error.ts';

/**
 * How Anthropic, Google, llama.cpp, OpenRouter, OpenAI, vLLM (old and new), Vertex AI, xAI, Moonshot, SGLang and Copilot report by how much a prompt was too long.
 */
const FORMS = [
  /prompt is too long: (?<prompt>\d+) tokens > (?<window>\d+)/,
  /exceed context limit: (?<prompt>\d+) \+ (?<answer>\d+) > (?<window>\d+)/,
  /input token count \(?(?<prompt>\d+)\)? exceeds the maximum number of tokens allowed \(?(?<window>\d+)/,
  /request \((?<prompt>\d+) tokens\) exceeds the available context size \((?<window>\d+)/,
  /length is (?<window>\d+) tokens.*\((?<prompt>\d+) (?:in the messages|of text input)\D*(?<answer>\d+) in the (?:completion|output)/,
  /too large: (?<answer>\d+)\..*length is (?<window>\d+) tokens and your request has (?<prompt>\d+) input tokens/,
  /length is (?<window>\d+) tokens.*requested (?<answer>\d+) output tokens\D*(?<prompt>\d+) input tokens/,
  /length is (?<window>\d+) tokens.*(?:has|resulted in|contains|requested)(?: about|(?<least> at least))? (?<prompt>\d+)(?: input)? tokens/,
  /input token count is (?<prompt>\d+) but model only supports up to (?<window>\d+)/,
  /maximum prompt length is (?<window>\d+) but the request contains (?<prompt>\d+) tokens/,
  /exceeded model token limit: (?<window>\d+) \(requested: (?<prompt>\d+)\)/,
  /Input length \((?<prompt>\d+) tokens\) exceeds the maximum allowed length \((?<window>\d+) tokens\)/,
  /prompt token count of (?<prompt>\d+) exceeds the limit of (?<window>\d+)/,
];

/** How servers report their window alone: vLLM before it has counted all tokens, Text Generation Inference, and others. */
const WINDOWS = [
  /(?:maximum|max) context length (?:is|of)(?: only)? (?<window>\d+) tokens/i,
  /context (?:size|window|length)(?: limit)?(?: is| of)? \(?(?<window>\d+) tokens/i,
  /`inputs` must have less than (?<window>\d+) tokens/,
];

const windowIn = (message: string): Overflow | null => {
  const found = WINDOWS.map((form) => form.exec(message)?.groups?.window).find((window) => window !== undefined);
  return found === undefined ? null : { prompt: null, answer: null, window: Number(found) };
};

/** The token counts in an upstream's message about a prompt that does not fit. Null when it has none. */
export function readOverflow(message: string): Overflow | null {
  const said = message.slice(0, 1000);
  for (const form of FORMS) {
    const found = form.exec(said)?.groups;
    if (!found) continue;
    const { prompt, answer, window, least } = found;
    // vLLM stops to count where the window ends.
    if (least) break;
    return { prompt: Number(prompt), answer: answer === undefined ? null : Number(answer), window: Number(window) };
  }
  return windowIn(said);
}
