import { isRecord } from './json.ts';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Decodes the arguments of a call, which some models write as JSON inside a string of JSON: `"{\"city\":\"Rome\"}"`.
 * Empty: the call has no arguments, which some models write as `null` or as an empty string of JSON. Any other text is
 * returned unchanged.
 */
export function decodeArguments(text: string): string {
  const value = parse(text);
  if (value === null) return '';
  if (typeof value !== 'string') return text;
  return value.trim() === '' || isRecord(parse(value)) ? value.trim() : text;
}
