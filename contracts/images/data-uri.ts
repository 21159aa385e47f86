/** The parts of `data:<media type>;base64,<data>`. */
export interface DataUri {
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

/** Null for anything else, such as an address. Looks at the head only: the data may be megabytes. */
export function splitDataUri(uri: string): DataUri | null {
  const comma = uri.slice(0, 200).indexOf(',');
  if (comma < 0 || !/^data:/i.test(uri.slice(0, 5))) return null;
  const [mediaType = '', ...parameters] = uri.slice(5, comma).split(';');
  if (parameters.at(-1)?.toLowerCase() !== 'base64') return null;
  return { mediaType: mediaType.toLowerCase(), data: uri.slice(comma + 1) };
}

/** How the files of each type begin, in base64. */
const MAGIC = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['UklGR', 'image/webp'],
  ['R0lGOD', 'image/gif'],
] as const;

/** The media type of a picture, read from its first bytes. Null when the type is unknown. */
export const imageTypeOf = (base64: string): string | null =>
  MAGIC.find(([start]) => base64.startsWith(start))?.[1] ?? null;

/** The data URI of a picture that came as bare base64. An unknown type counts as PNG, the default of image APIs. */
export const toDataUri = (base64: string): string => `data:${imageTypeOf(base64) ?? 'image/png'};base64,${base64}`;
