import { randomBytes } from 'node:crypto';

/** A file of a form. */
export interface FormFile {
  readonly name: string;
  readonly filename: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/**
 * Quotes a name. Names are ours or checked fields; a quote or a line break would end the header. Format: the HTML
 * standard, 4.10.21.8.
 */
const quote = (text: string) => `"${text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}"`;

/** Writes `multipart/form-data`. */
export function toForm(
  fields: Readonly<Record<string, string>>,
  files: readonly FormFile[],
): { contentType: string; body: Buffer } {
  const boundary = `duplex-${randomBytes(16).toString('hex')}`;
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(fields)) {
    parts.push(Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name=${quote(name)}\r\n\r\n${value}\r\n`));
  }
  for (const { name, filename, mediaType, bytes } of files) {
    const disposition = `form-data; name=${quote(name)}; filename=${quote(filename)}`;
    parts.push(
      Buffer.from(`--${boundary}\r\ncontent-disposition: ${disposition}\r\ncontent-type: ${mediaType}\r\n\r\n`),
      bytes,
      Buffer.from('\r\n'),
    );
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) };
}
