import { parseExact } from '../../canonical/exact-json.ts';

/**
 * As `JSON.parse`; the arguments of earlier calls are objects in Anthropic's dialect, whose integers may be longer than a
 * number holds, and those stay as they came.
 */
export const parseJson = (text: string): unknown => (text.includes('tool_use"') ? parseExact(text) : JSON.parse(text));
