import { type RefObject, startTransition, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { END, earlierRange, laterRange, type Part, partOf, type Range } from './message-window.ts';
import { type Entry, elementKey } from './thread.ts';

/** An element that stays in the page while others come or leave before it, and where it stood in the scrolled content. */
interface Kept {
  readonly element: HTMLElement;
  readonly top: number;
  /** What was in the page then. */
  readonly range: Range;
}

interface MessageWindow {
  /** The messages that are in the page. */
  readonly entries: readonly Entry[];
  /** Of the first and the last of them. */
  readonly firstKey: string | null;
  readonly lastKey: string | null;
  /** How many of the thread are before them. */
  readonly earlierCount: number;
  readonly hasEarlier: boolean;
  readonly hasLater: boolean;
  /** The reader has scrolled away from how the conversation was opened. */
  readonly isMoved: boolean;
  showEarlier(): void;
  showLater(): void;
  showEnd(): void;
}

const keyOf = (entry: Entry | undefined): string | null => (entry ? elementKey(entry) : null);

/**
 * A long conversation has only some of its messages in the page: those around what the reader sees. `column` holds an
 * element for each, and `box` scrolls it. What the reader sees stays in its place when the messages before it change.
 */
export function useMessageWindow(
  thread: readonly Entry[],
  box: RefObject<HTMLElement | null>,
  column: RefObject<HTMLElement | null>,
): MessageWindow {
  const [range, setRange] = useState<Range>(END);
  const { from, to }: Part = partOf(thread, range);
  const kept = useRef<Kept | null>(null);

  const firstKey = keyOf(thread[from]);
  const lastKey = keyOf(thread[to - 1]);
  useLayoutEffect(() => {
    const before = kept.current;
    if (!before || before.range === range || !box.current) return;
    kept.current = null;
    if (before.element.isConnected) box.current.scrollTop += before.element.offsetTop - before.top;
    requestAnimationFrame(() => box.current?.classList.remove('moving'));
  }, [range, box]);

  const move = useCallback(
    (next: (range: Range) => Range, side: 'first' | 'last') => {
      const turns = column.current?.querySelectorAll<HTMLElement>(':scope > .turn') ?? [];
      const element = turns[side === 'first' ? 0 : turns.length - 1];
      kept.current = element ? { element, top: element.offsetTop, range } : null;
      // Else the browser's scroll anchoring would correct the position a second time.
      box.current?.classList.add('moving');
      startTransition(() => setRange(next));
    },
    [box, column, range],
  );
  return {
    entries: thread.slice(from, to),
    firstKey,
    lastKey,
    earlierCount: from,
    hasEarlier: from > 0,
    hasLater: to < thread.length,
    isMoved: range !== END,
    showEarlier: useCallback(() => move((known) => earlierRange(thread, known), 'first'), [move, thread]),
    showLater: useCallback(() => move((known) => laterRange(thread, known), 'last'), [move, thread]),
    showEnd: useCallback(() => {
      kept.current = null;
      setRange(END);
    }, []),
  };
}
