import { Link } from 'wouter';
import { useText } from '../text/text.tsx';
import type { Answer } from './answer.ts';

/**
 * How fast it came, without the wait for its beginning. Null: it came in one piece or has images, whose tokens come at once,
 * so that nothing is known of its speed.
 */
export function speedOf(answer: Answer, now: number): number | null {
  const { firstAt, endedAt, tokens, pieces, pictures, status } = answer;
  if (firstAt === null || pictures.length > 0 || (pieces < 2 && status !== 'streaming')) return null;
  const seconds = ((endedAt ?? now) - firstAt) / 1000;
  const count = tokens?.completion ?? pieces;
  return seconds > 0.05 && count > 1 ? count / seconds : null;
}

export function Metrics({ answer }: { answer: Answer }) {
  const { t, number, milliseconds, money } = useText();
  const { tokens, firstAt, begunAt, note, status, costUsd, pieces, finish } = answer;
  const speed = speedOf(answer, performance.now());
  const firstToken = firstAt === null ? null : firstAt - begunAt;
  const count = tokens?.completion ?? pieces;
  return (
    <p className="metrics">
      {status === 'streaming' ? <span className="accent-live">{t('chat.streaming')}</span> : null}
      {count > 0 ? (
        <span>
          <b>{number(count)}</b> {t('metrics.tokens', { count })}{' '}
          {tokens ? <span className="faint">({t('metrics.in', { count: tokens.prompt })})</span> : null}
        </span>
      ) : null}
      {firstToken === null ? null : (
        <span>
          {t('metrics.firstToken')} <b>{milliseconds(firstToken)}</b>
        </span>
      )}
      {speed === null ? null : (
        <span>
          <b>{number(speed, 1)}</b> {t('metrics.speed')}
        </span>
      )}
      {costUsd === null ? null : <b>{money(costUsd)}</b>}
      {note?.backend ? <span className="mono">{note.backend}</span> : null}
      {note && note.attempts > 1 ? (
        <Link to={`/console/requests?request=${encodeURIComponent(note.request_id)}`}>
          {t('metrics.attempts', { count: note.attempts })}
        </Link>
      ) : null}
      {note?.applied ? (
        <span>
          {t('metrics.applied')} <code>{note.applied}</code>
        </span>
      ) : null}
      {finish && finish !== 'stop' && finish !== 'end_turn' && finish !== 'completed' ? (
        <span>
          finish_reason <b>{finish}</b>
        </span>
      ) : null}
    </p>
  );
}
