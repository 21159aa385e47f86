export interface SampleValues {
  /** This gateway's address, without a slash at its end. */
  readonly url: string;
  /** Null: the samples read `$BEARER`. */
  readonly key: string | null;
  /** Null: as the page has it. */
  readonly model: string | null;
}

const ADDRESS = /http:\/\/(?:127\.0\.0\.1|localhost):3000/g;
const MODEL = /(["']?\bmodel["']?\s*[:=]\s*)(["'])[\w./:-]+\2/g;

/** A text that names this gateway's address in the place of the usual one. */
export const withAddress = (text: string, url: string): string => text.replace(ADDRESS, url);

/** A sample with this gateway's address and, on request, the reader's key and model. */
export function fillSample(code: string, { url, key, model }: SampleValues): string {
  let filled = withAddress(code, url);
  if (model !== null)
    filled = filled.replace(MODEL, (_whole, before: string, quote: string) => before + quote + model + quote);
  if (key === null) return filled;
  return filled
    .replace(/"\$BEARER"|\$\{?BEARER\}?/g, (found) => (found.startsWith('"') ? `"${key}"` : key))
    .replace(/process\.env\.BEARER!?/g, `'${key}'`)
    .replace(/os\.environ\[["']BEARER["']\]/g, `"${key}"`);
}
