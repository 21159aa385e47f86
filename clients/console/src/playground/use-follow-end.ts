import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** Closer to its end than this, the reader follows what comes. */
const NEAR_END_PX = 80;

interface FollowEndOptions {
  /** The element that scrolls, and the one inside it that grows. */
  readonly box: RefObject<HTMLElement | null>;
  readonly column: RefObject<HTMLElement | null>;
  /** The last message is in the page. */
  readonly isEndShown: boolean;
}

interface FollowEnd {
  /** The reader is more than a screen away from the end. */
  readonly isFar: boolean;
  onScroll(): void;
  /** Goes to the end, and follows it from then on. */
  goToEnd(): void;
}

/** A reader at the end of a conversation stays there while it grows. One who scrolls up stays where they are. */
export function useFollowEnd({ box, column, isEndShown }: FollowEndOptions): FollowEnd {
  const follows = useRef(true);
  const lastTop = useRef(0);
  const [isFar, setFar] = useState(false);

  const onScroll = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const { scrollTop, scrollHeight, clientHeight } = element;
    const left = scrollHeight - scrollTop - clientHeight;
    if (left < NEAR_END_PX) follows.current = true;
    // Only a reader moves up: what grows below the window moves nothing.
    else if (scrollTop < lastTop.current) follows.current = false;
    lastTop.current = scrollTop;
    setFar(left > clientHeight);
  }, [box]);

  const stay = useCallback(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [box]);
  const goToEnd = useCallback(() => {
    follows.current = true;
    stay();
  }, [stay]);

  useEffect(() => {
    if (!isEndShown) {
      // The end of what is in the page is not the end of the conversation: what comes after it must not be skipped.
      follows.current = false;
      return;
    }
    stay();
    if (!column.current || !box.current) return;
    // Words, pictures and colours change the height of messages, and the keyboard of a phone that of the window.
    const observer = new ResizeObserver(stay);
    observer.observe(column.current);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [isEndShown, stay, box, column]);
  return { isFar, onScroll, goToEnd };
}
