/** Whether a text is a complete string, object or list of JSON, and not the beginning of one. */
export function isJson(text: string): boolean {
  // The parser would read an incomplete text to its end, and it may be asked after each piece.
  if (!'"}]'.includes(text.trimEnd().at(-1) ?? 'none')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
