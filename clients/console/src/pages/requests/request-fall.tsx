import { hasFailed } from '../../parts/outcome.ts';
import { useText } from '../../text/text.tsx';
import type { RequestRow } from './request-entry.ts';

const PARTS = 4;

interface Bar {
  /** In ms after the request came. */
  readonly from: number;
  readonly to: number;
  readonly className: string;
}

type Attempt = RequestRow['attempts'][number];

/** The time of one attempt: until it failed or the client disconnected, or until its answer began and from there to its end. */
function barsOf({ start_ms, ms, outcome }: Attempt, end: number): readonly Bar[] {
  const answered = start_ms + ms;
  if (outcome !== 'ok') return [{ from: start_ms, to: answered, className: hasFailed(outcome) ? 'fb' : 'f5' }];
  return [
    { from: start_ms, to: answered, className: 'f2' },
    { from: answered, to: end, className: 'f1' },
  ];
}

const lengthOf = (bars: readonly Bar[]): number => (bars.at(-1)?.to ?? 0) - (bars[0]?.from ?? 0);

const textOf = (outcome: string) => (outcome === 'ok' ? 'ok-text' : hasFailed(outcome) ? 'bad-text' : 'faint');

function Track({ bars, total }: { bars: readonly Bar[]; total: number }) {
  const share = (ms: number) => (ms / total) * 100;
  return (
    <svg className="chart" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      {Array.from({ length: PARTS }, (_, at) => (
        <rect key={at} className="fg" x={(100 / PARTS) * at} y="0" width="0.2" height="6" />
      ))}
      {bars.map(({ from, to, className }) => (
        <rect
          key={className}
          className={className}
          x={share(from)}
          y="1"
          width={Math.max(share(to - from), 0.8)}
          height="4"
        />
      ))}
    </svg>
  );
}

/** Each attempt as a bar on the time axis of the whole request. */
export function RequestFall({ row }: { row: RequestRow }) {
  const { t, milliseconds } = useText();
  const total = Math.max(row.latency_ms, ...row.attempts.map(({ start_ms, ms }) => start_ms + ms), 1);
  const isStreamed = row.first_token_ms !== null;
  return (
    <section className="stack-2">
      <h3 className="h3">{t('requests.attempts')}</h3>
      <table className="plain-t attempts">
        <caption className="sr">{t('requests.fall')}</caption>
        <thead>
          <tr>
            <th className="sr">{t('backends.backend')}</th>
            <th className="track">
              <span className="sr">{t('common.time')}</span>
              <span className="axis" aria-hidden="true">
                {Array.from({ length: PARTS }, (_, at) => (
                  <span key={at}>{at === 0 ? '0' : milliseconds((total / PARTS) * at)}</span>
                ))}
              </span>
            </th>
            <th className="sr">{t('requests.took')}</th>
          </tr>
        </thead>
        <tbody>
          {row.attempts.map((attempt, at) => (
            <tr key={at}>
              <td>
                <code className="truncate" title={attempt.backend}>
                  {attempt.backend}
                </code>
                <div className={textOf(attempt.outcome)}>
                  {attempt.outcome === 'ok' ? t('requests.answered') : attempt.outcome}
                </div>
              </td>
              <td className="track">
                <Track bars={barsOf(attempt, total)} total={total} />
              </td>
              <td className="num">{milliseconds(lengthOf(barsOf(attempt, total)))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="legend">
        {row.attempts.some(({ outcome }) => hasFailed(outcome)) ? (
          <span>
            <i className="sw cb" aria-hidden="true" />
            {t('requests.partFailed')}
          </span>
        ) : null}
        <span>
          <i className="sw c2" aria-hidden="true" />
          {t('requests.partFirst')}
        </span>
        {isStreamed ? (
          <span>
            <i className="sw c1" aria-hidden="true" />
            {t('requests.partAnswer')}
          </span>
        ) : null}
      </p>
    </section>
  );
}
