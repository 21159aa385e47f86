import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type RefObject, useLayoutEffect, useRef } from 'react';
import { type Entry, elementKey } from './thread.ts';

interface VirtualEntriesProps {
  readonly thread: readonly Entry[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** The height has changed: messages came into view and were measured. */
  onResize(): void;
  children(entry: Entry): ReactNode;
}

/** In px; each is measured when it comes into view. */
const LIKELY_HEIGHT = 160;
const GAP = 24;
const OVERSCAN = 6;

/** Only the messages near the view are part of the page, so that a conversation of thousands of them scrolls as a short one. */
export default function VirtualEntries({ thread, scroller, onResize, children }: VirtualEntriesProps) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: thread.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LIKELY_HEIGHT,
    getItemKey(at) {
      const entry = thread[at];
      return entry ? elementKey(entry) : at;
    },
    overscan: OVERSCAN,
    gap: GAP,
  });
  const height = rows.getTotalSize();
  useLayoutEffect(() => {
    if (frame.current) frame.current.style.blockSize = `${height}px`;
    onResize();
  }, [height, onResize]);
  return (
    <div ref={frame} className="virtual">
      {rows.getVirtualItems().map(({ key, index, start }) => {
        const entry = thread[index];
        return entry ? (
          <div
            key={key}
            ref={rows.measureElement}
            data-index={index}
            className="virtual-row"
            style={{ transform: `translateY(${start}px)` }}
          >
            {children(entry)}
          </div>
        ) : null;
      })}
    </div>
  );
}
