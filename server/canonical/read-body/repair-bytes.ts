const LEAD = 0xed;

/** U+FFFD in UTF-8. It is as long as what it replaces. */
const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;

const isBetween = (byte: number | undefined, least: number, most: number) =>
  byte !== undefined && byte >= least && byte <= most;

/**
 * Writes U+FFFD over each half of a surrogate pair that came as bytes (`ED A0 BD`, which is not UTF-8), between two
 * places. Languages with UTF-16 strings send it when a text was cut in the middle of an emoji.
 */
export function repairBytes(bytes: Buffer, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== LEAD || !isBetween(bytes[at + 1], 0xa0, 0xbf) || !isBetween(bytes[at + 2], 0x80, 0xbf)) continue;
    bytes.set(REPLACEMENT, at);
    at += 2;
  }
}
