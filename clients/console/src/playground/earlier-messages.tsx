import { type RefObject, useEffect, useRef, useState } from 'react';
import { Problem } from '../parts/problem.tsx';
import { useText } from '../text/text.tsx';

interface EarlierMessagesProps {
  /** The element that scrolls. */
  readonly box: RefObject<HTMLElement | null>;
  onShow(): Promise<void>;
}

/** Earlier messages are loaded when the reader is this close to the first one, before they are needed. */
const NEAR = '1200px 0px 0px 0px';

/** Stands before the first message of a long conversation, and loads earlier ones when the reader comes near. */
export function EarlierMessages({ box, onShow }: EarlierMessagesProps) {
  const { t } = useText();
  const button = useRef<HTMLButtonElement>(null);
  const isAsked = useRef(false);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(() => {});
  useEffect(() => {
    latest.current = () => {
      if (isAsked.current) return;
      isAsked.current = true;
      setError(null);
      onShow().catch((failure: unknown) => {
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
        {t('chat.earlier')}
      </button>
    </>
  );
}
