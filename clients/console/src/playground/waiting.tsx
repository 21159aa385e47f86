import { useEffect, useState } from 'react';
import { MeterBar } from '../parts/meter-bar.tsx';
import { useText } from '../text/text.tsx';

/** A wait that is usually as long as this, in seconds, has a bar. */
const LONG_WAIT = 20;

/** Honest about a wait: how long it has been, and how long it usually is. */
export function Waiting({ since, typicalSeconds }: { since: number; typicalSeconds: number | null }) {
  const { t } = useText();
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const tick = setInterval(() => setSeconds(Math.floor((performance.now() - since) / 1000)), 1_000);
    return () => clearInterval(tick);
  }, [since]);
  const isLong = typicalSeconds !== null && typicalSeconds >= LONG_WAIT;
  const text =
    typicalSeconds === null
      ? t('chat.waiting', { seconds })
      : t('chat.waitingTypically', { seconds, typical: typicalSeconds });
  return (
    <div className={isLong ? 'long-wait' : undefined}>
      {isLong ? <MeterBar share={seconds / typicalSeconds} /> : null}
      <p className="small faint tnum">{text}</p>
    </div>
  );
}
