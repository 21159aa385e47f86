import { type RefObject, useEffect, useRef, useState } from 'react';
import { Problem } from '../parts/problem.tsx';

interface MoreMessagesProps {
  /** The element that scrolls. */
  readonly box: RefObject<HTMLElement | null>;
  readonly label: string;
  onShow(): Promise<void> | void;
}

/** More messages come when the reader is this close to where they stand, before they are needed. */
const NEAR = '1200px 0px 1200px 0px';

/** Stands before or after the messages that are in the page, and brings more of them when the reader comes near. */
export function MoreMessages({ box, label, onShow }: MoreMessagesProps) {
  const button = useRef<HTMLButtonElement>(null);
  const isAsked = useRef(false);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(() => {});
  useEffect(() => {
    latest.current = () => {
      if (isAsked.current) return;
      isAsked.current = true;
      setError(null);
      Promise.resolve(onShow()).catch((failure: unknown) => {
        isAsked.current = false;
        setError(failure);
      });
    };
  });
  useEffect(() => {
    if (!button.current) return;
    const seen = (entries: readonly IntersectionObserverEntry[]) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) latest.current();
    };
    const observer = new IntersectionObserver(seen, { root: box.current, rootMargin: NEAR });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [box]);
  return (
    <>
      {error ? <Problem error={error} /> : null}
      <button type="button" className="btn ghost" ref={button} onClick={() => latest.current()}>
        {label}
      </button>
    </>
  );
}
