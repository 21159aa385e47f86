/** A stored text that takes so long to read that other requests should not wait for it. */
export interface LongText {
  readonly table: 'Message' | 'Media';
  readonly id: string;
  readonly bytes: number;
}

/** Names a text and its length, by which nearly every change is noticed that is made while it is read elsewhere. */
export const keyOf = ({ table, id, bytes }: LongText): string => `${table} ${id} ${bytes}`;

/** Texts that were read beforehand, by `keyOf`. */
export type KnownTexts = ReadonlyMap<string, string>;

/** Shorter texts are read with their rows. In bytes. */
export const LONG_TEXT = 256 * 1024;

/** How many bytes of long texts a transaction reads by itself. It takes a few milliseconds. */
const MOST_AT_ONCE = 2 * 1024 * 1024;

/**
 * Thrown by a transaction that would have to read many megabytes, before it has written anything. The texts are read by
 * the background thread, and the transaction is tried again.
 */
export class LongHistory extends Error {
  override readonly name = 'LongHistory';
  readonly texts: readonly LongText[];

  constructor(texts: readonly LongText[]) {
    super('The history is too long to be read while others wait.');
    this.texts = texts;
  }
}

/** Throws `LongHistory` when too many bytes of these texts are not known yet. */
export function ensureKnown(texts: readonly LongText[], known: KnownTexts): void {
  const lacking = texts.filter((text) => !known.has(keyOf(text)));
  const bytes = lacking.reduce((sum, text) => sum + text.bytes, 0);
  if (bytes > MOST_AT_ONCE) throw new LongHistory(lacking);
}
