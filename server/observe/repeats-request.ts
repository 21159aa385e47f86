/** Only this much of a request is searched, in characters. */
const LOOKED_AT = 1024 * 1024;
/** A message quotes a request when both have so many words in a row, or one word of this length. In words and characters. */
const ROW = 3;
const LONG_ROW = 12;
const LONG_WORD = 12;

/** Whether a text is the data of a picture or a sound: it has no words, and can be megabytes long. */
const isMedia = (text: string) =>
  text.startsWith('data:') || (text.length > 4096 && !text.slice(0, 4096).includes(' '));

/** Every text in a request, one after the other. */
function* textsIn(value: unknown): Generator<string, void, void> {
  if (typeof value === 'string') {
    if (!isMedia(value)) yield value;
  } else if (Array.isArray(value)) {
    for (const item of value) yield* textsIn(item);
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) yield* textsIn(item);
  }
}

function wordsOf(request: unknown): string {
  let words = '';
  for (const text of textsIn(request)) {
    words += ` ${text.slice(0, LOOKED_AT - words.length)}`;
    if (words.length >= LOOKED_AT) break;
  }
  return words.replace(/\s+/g, ' ');
}

/** Whether a message has words in it that the request has, too: an upstream that refuses a request may quote it. */
export function repeatsRequest(message: string, request: unknown): boolean {
  const said = wordsOf(request);
  const words = message.split(/[\s'"`´‘’“”«»<>()[\]{},;:]+/).filter(Boolean);
  if (words.some((word) => word.length >= LONG_WORD && said.includes(word))) return true;
  const spaced = message.replace(/\s+/g, ' ').split(' ');
  return spaced.some((_word, at) => {
    const row = spaced.slice(at, at + ROW).join(' ');
    return at + ROW <= spaced.length && row.length >= LONG_ROW && said.includes(row);
  });
}
