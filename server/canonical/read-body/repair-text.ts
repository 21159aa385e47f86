import { EscapeRepair } from './repair-escapes.ts';

/** A JSON text without escapes of half a surrogate pair. Returns the very same text when it has none. */
export function repairText(json: string): string {
  if (!json.includes('\\ud') && !json.includes('\\uD')) return json;
  const bytes = Buffer.from(json);
  new EscapeRepair(bytes).advance(bytes.length);
  return bytes.toString();
}
