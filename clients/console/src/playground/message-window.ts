import { type Entry, elementKey } from './thread.ts';

/** How many messages the end of a conversation is opened with. */
const FIRST_SHOWN = 40;
/** How many come into the page at once. Few: each step is drawn within a frame or two. */
const STEP = 10;
/** More messages than this are never in the page: beyond it, those at the far side leave as others come. */
export const MOST_SHOWN = 120;

/** The messages that are in the page, by their keys, which stay when others come before or after them. */
export interface Range {
  /** Null: `FIRST_SHOWN` before the end. */
  readonly first: string | null;
  /** Null: the newest, whatever comes. */
  readonly last: string | null;
}

export const END: Range = { first: null, last: null };

/** The places of the messages in their thread, `to` exclusive. A key that the thread no longer has leads to its end. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

const placeOf = (thread: readonly Entry[], key: string | null): number =>
  key === null ? -1 : thread.findLastIndex((entry) => elementKey(entry) === key);

export function partOf(thread: readonly Entry[], { first, last }: Range): Part {
  const count = thread.length;
  const lastAt = placeOf(thread, last);
  if (last !== null && lastAt < 0) return { from: Math.max(0, count - FIRST_SHOWN), to: count };
  const to = lastAt < 0 ? count : lastAt + 1;
  const firstAt = placeOf(thread, first);
  return { from: firstAt < 0 || firstAt >= to ? Math.max(0, to - FIRST_SHOWN) : firstAt, to };
}

function rangeOf(thread: readonly Entry[], { from, to }: Part): Range {
  const keyAt = (at: number): string | null => {
    const entry = thread[at];
    return entry ? elementKey(entry) : null;
  };
  return { first: keyAt(from), last: to >= thread.length ? null : keyAt(to - 1) };
}

/** The range with some earlier messages; the latest ones leave when there are too many. */
export function earlierRange(thread: readonly Entry[], range: Range): Range {
  const part = partOf(thread, range);
  const from = Math.max(0, part.from - STEP);
  return rangeOf(thread, { from, to: Math.min(part.to, from + MOST_SHOWN) });
}

/** The range with some later messages; the earliest ones leave when there are too many. */
export function laterRange(thread: readonly Entry[], range: Range): Range {
  const part = partOf(thread, range);
  const to = Math.min(thread.length, part.to + STEP);
  return rangeOf(thread, { from: Math.max(part.from, to - MOST_SHOWN), to });
}
