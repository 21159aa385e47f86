import { useEffect, useState } from 'react';
import { useText } from '../text/text.tsx';

const SECOND_MS = 1_000;

/** Counts down to when a request may be sent again. A screen reader says the first and the last text only. */
export function RetryAfter({ seconds }: { seconds: number }) {
  const { t } = useText();
  const [until] = useState(() => performance.now() + seconds * SECOND_MS);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => {
      const next = Math.max(0, Math.ceil((until - performance.now()) / SECOND_MS));
      setLeft(next);
      if (next === 0) clearInterval(timer);
    }, SECOND_MS);
    return () => clearInterval(timer);
  }, [until]);
  return (
    <span className="faint tnum">
      {left > 0 ? (
        <>
          <span aria-hidden="true">{t('common.retryAfter', { seconds: left })}</span>
          <span className="sr">{t('common.retryAfter', { seconds })}</span>
        </>
      ) : (
        <span role="status">{t('common.retryNow')}</span>
      )}
    </span>
  );
}
