import { mayHoldLongNumbers, parseExact, roundNumbers } from '../../canonical/exact-json.ts';

/** The fields that hold a JSON Schema of tools or answers, in any of the dialects. */
const SCHEMAS: ReadonlySet<string> = new Set(['parameters', 'input_schema', 'schema', 'guided_json']);

/** How the names and the value end that a request with such numbers holds. */
const SIGNS = ['tool_use"', 'parameters"', 'schema"', 'guided_json"'];

/** The arguments of an earlier call in Anthropic's dialect, which are an object, are beside the name of the tool. */
const isExact = (name: string, holder: object): boolean =>
  SCHEMAS.has(name) || (name === 'input' && 'name' in holder && typeof holder.name === 'string');

/**
 * Parses as `JSON.parse` does, except for the schemas of tools and answers, and for the arguments of earlier tool calls in
 * Anthropic's dialect. They are only passed on, and their integers may be larger than a JavaScript number can hold
 * exactly, so they keep all their digits.
 */
export const parseJson = (text: string): unknown =>
  SIGNS.some((sign) => text.includes(sign)) && mayHoldLongNumbers(text)
    ? roundNumbers(parseExact(text), isExact)
    : JSON.parse(text);
