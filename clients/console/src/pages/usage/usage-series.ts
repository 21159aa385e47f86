import { sumBy } from './sum-by.ts';
import type { Dimension, UsageItem } from './usage-item.ts';

/** How many have a colour of their own. All others have one together. */
const COLOURS = 4;

interface Series {
  readonly names: readonly (string | null)[];
  /** The number of the colour that something has; that of all others comes after the last one. */
  placeOf(name: string | null): number;
}

/** What has which colour, in the chart and in the table: the most expensive come first. */
export function seriesOf(items: readonly UsageItem[], by: Dimension): Series {
  const names = sumBy(items, by)
    .slice(0, COLOURS)
    .map(({ name }) => name);
  return {
    names,
    placeOf(name) {
      const at = names.indexOf(name);
      return at < 0 ? names.length : at;
    },
  };
}
