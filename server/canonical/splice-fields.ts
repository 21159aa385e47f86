import { writeExact } from './exact-json.ts';
import { findCheckedFields, findFields } from './find-fields.ts';
import { OPEN_BRACE, type Span, says } from './scan-json.ts';

/**
 * Sets top-level fields of a JSON object in its bytes. Every other byte stays as it came, so numbers keep their digits,
 * and megabytes of images are not written again. Null when the bytes must be parsed instead. `trusted`: duplicate keys
 * are not looked for, because nobody gains by them. Names must be ASCII.
 */
export function spliceFields(
  bytes: Buffer,
  changes: Readonly<Record<string, unknown>>,
  trusted = false,
): Buffer | null {
  const names = Object.keys(changes);
  const spans = trusted ? findFields(bytes, names) : findCheckedFields(bytes, names);
  if (!spans) return null;
  const edits: Edit[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? '';
    const span = spans[i];
    if (changes[name] === undefined) {
      if (span) return null;
      continue;
    }
    const text = writeExact(changes[name]);
    if (!span) edits.push(addField(bytes, name, text));
    else if (!isWritten(bytes, span, text)) edits.push({ span, text });
  }
  if (edits.length === 0) return bytes;
  return writeSpliced(bytes, edits.length === 1 ? edits : edits.sort((a, b) => a.span.start - b.span.start));
}

interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** Inserts a new field, before the existing ones. */
function addField(bytes: Buffer, key: string, text: string): Edit {
  const open = bytes.indexOf(OPEN_BRACE) + 1;
  return { span: { start: open, end: open }, text: `${JSON.stringify(key)}:${text},` };
}

/** Whether a field already has this text, so that its bytes can stay. Non-ASCII text is always written again. */
const isWritten = (bytes: Buffer, { start, end }: Span, text: string) => says(bytes, start, end, text);

/** Uses one allocation and plain copies; a view for each piece would cost more than the copying. */
function writeSpliced(bytes: Buffer, edits: readonly Edit[]): Buffer {
  let length = bytes.length;
  for (const { span, text } of edits) length += Buffer.byteLength(text) - (span.end - span.start);
  const out = Buffer.allocUnsafe(length);
  let from = 0;
  let at = 0;
  for (const { span, text } of edits) {
    at += bytes.copy(out, at, from, span.start);
    at += out.write(text, at);
    from = span.end;
  }
  bytes.copy(out, at, from);
  return out;
}
