const plain = (name: string): string => name.toLowerCase().replaceAll('-', '_');

/** How many letters must be inserted, removed, replaced or swapped with a neighbour to turn one name into the other. */
function distanceOf(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const replaced = (last[column - 1] ?? 0) + (isSame ? 0 : 1);
      const leftOut = (last[column] ?? 0) + 1;
      const putIn = (next[column - 1] ?? 0) + 1;
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const swapped = isSwapped && row > 1 && column > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(replaced, leftOut, putIn, swapped));
    }
    beforeLast = last;
    last = next;
  }
  return last[other.length] ?? 0;
}

/** Longer names are not compared: they are no typing errors, and comparing them takes long. */
const LONGEST = 100;

/** The name that was probably meant; null when no name is near. A third of the letters may be wrong. */
function nearestName(name: string, known: readonly string[]): string | null {
  if (name.length > LONGEST) return null;
  const asked = plain(name);
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(asked.length / 3)) + 1;
  for (const candidate of known) {
    const distance = candidate.length > LONGEST ? least : distanceOf(asked, plain(candidate));
    if (distance >= least) continue;
    nearest = candidate;
    least = distance;
  }
  return nearest;
}

/** ` Did you mean "model"?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === null ? '' : ` Did you mean "${nearest}"?`;
}
