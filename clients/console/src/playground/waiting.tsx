import { useEffect, useState } from 'react';
import { useText } from '../text/text.tsx';

/** Honest about a wait: how long it has been, and how long it usually is. */
export function Waiting({ since, typicalSeconds }: { since: number; typicalSeconds: number | null }) {
  const { t, number } = useText();
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const tick = setInterval(() => setSeconds(Math.floor((performance.now() - since) / 1000)), 1_000);
    return () => clearInterval(tick);
  }, [since]);
  const text =
    typicalSeconds === null
      ? t('chat.waiting', { seconds: number(seconds) })
      : t('chat.waitingTypically', { seconds: number(seconds), typical: number(typicalSeconds) });
  return <p className="small faint">{text}</p>;
}
