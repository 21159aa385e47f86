/** The least number that is 1, 2 or 5 times a power of ten and is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * 0.999) ?? 10;
  return factor * power;
}

/** The values of a chart, and its lines. */
export interface Range {
  /** The largest value. */
  readonly most: number;
  /** The least distance of two lines: 1 for what is counted. */
  readonly finest: number;
  /** About how many lines there are. */
  readonly lines: number;
}

/** Where a chart has its lines: from 0 to the first one that no value exceeds. */
export function toLines({ most, finest, lines }: Range): number[] {
  const gap = Math.max(niceStep(Math.max(most, finest) / lines), finest);
  const count = Math.max(1, Math.ceil(most / gap - 1e-9));
  return Array.from({ length: count + 1 }, (_, line) => Number((line * gap).toPrecision(6)));
}
