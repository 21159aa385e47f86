/** The encodings in which a file can be stored, the best first. */
const encodings = ['br', 'gzip'] as const;
export type FileEncoding = (typeof encodings)[number];

/**
 * The best of the stored encodings that a client accepts, by its `Accept-Encoding`. Null: it gets the file without
 * encoding.
 */
export function acceptedEncoding(header: string | undefined, ready: ReadonlySet<FileEncoding>): FileEncoding | null {
  if (header === undefined) return null;
  const accepted = new Set(
    header
      .toLowerCase()
      .split(',')
      .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
      .map((item) => item.split(';')[0]?.trim()),
  );
  return encodings.find((name) => ready.has(name) && accepted.has(name)) ?? null;
}
