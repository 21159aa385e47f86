/** The head of one part of a form. */
export interface FormPartHead {
  readonly name: string;
  /** The name of the file; undefined for a field that is not a file. */
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
}

const PARAMETER = /;\s*([a-z]+\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/gi;

/**
 * The parameters of a header, by lower-case name. Null when one of them is given twice, because parsers differ in which
 * one they take.
 */
function parametersOf(header: string): Map<string, string> | null {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain = ''] of header.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (parameters.has(key)) return null;
    parameters.set(key, quoted?.replaceAll('\\"', '"') ?? plain);
  }
  return parameters;
}

/** Decodes the form `UTF-8''na%C3%AFve.mp3` of RFC 5987, which RFC 7578 forbids and some clients send. */
function decodeExtended(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value.replace(/^utf-8'[^']*'/i, ''));
  } catch {
    return value;
  }
}

/** Reads the headers of a part. Null when it has no name or its headers are malformed. Format: RFC 7578, 4.2. */
export function parsePartHead(bytes: Buffer): FormPartHead | null {
  const headers = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\r\n')) {
    // `s`, because the name of a file may hold U+2028, which ends a line of JavaScript but none of a form.
    const [, name = '', value = ''] = /^([\w-]+)\s*:\s*(.*)$/s.exec(line) ?? [];
    if (!name || headers.has(name.toLowerCase())) return null;
    headers.set(name.toLowerCase(), value);
  }
  const disposition = headers.get('content-disposition') ?? '';
  const parameters = /^form-data\s*;/i.test(disposition) ? parametersOf(disposition) : null;
  const name = parameters?.get('name');
  if (!parameters || !name) return null;
  // No server decodes these encodings in forms any more; the encoded text would be taken for the content.
  if (/base64|quoted-printable/i.test(headers.get('content-transfer-encoding') ?? '')) return null;
  const filename = parameters.get('filename') ?? decodeExtended(parameters.get('filename*'));
  return { name, filename, contentType: headers.get('content-type') };
}

/** Escapes a name as the HTML standard does. */
const escapeName = (text: string) => text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');

/** The delimiter and the headers of a part, written so that every parser reads the same name. */
export function writePartHead(boundary: string, { name, filename, contentType }: FormPartHead): Buffer {
  const file = filename === undefined ? '' : `; filename="${escapeName(filename)}"`;
  const type = contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`;
  return Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"${file}${type}\r\n\r\n`,
  );
}
