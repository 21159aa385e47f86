import { parseExact } from '../../canonical/exact-json.ts';

/**
 * Parses as `JSON.parse` does, except for requests in Anthropic's dialect that hold earlier tool calls. The arguments
 * of those calls are objects, whose integers may be larger than a JavaScript number can hold exactly; they keep all
 * their digits.
 */
export const parseJson = (text: string): unknown => (text.includes('tool_use"') ? parseExact(text) : JSON.parse(text));
