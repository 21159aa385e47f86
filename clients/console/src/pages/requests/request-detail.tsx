import { X } from 'lucide-react';
import { Link } from 'wouter';
import { Facts } from '../../parts/facts.tsx';
import { useText } from '../../text/text.tsx';
import { badgeOf, type RequestRow, useKeyName } from './requests-page.tsx';

interface RequestDetailProps {
  readonly row: RequestRow;
  onClose(): void;
}

/** Each attempt on the time of the whole request: grey until its answer began, then in colour; red where it failed. */
function Fall({ row }: { row: RequestRow }) {
  const { t, milliseconds } = useText();
  const total = Math.max(row.latency_ms, ...row.attempts.map(({ start_ms, ms }) => start_ms + ms), 1);
  const share = (ms: number) => (ms / total) * 100;
  return (
    <table className="plain-t attempts">
      <caption className="sr">{t('requests.fall')}</caption>
      <thead className="sr">
        <tr>
          <th>{t('backends.backend')}</th>
          <th>{t('requests.outcome')}</th>
          <th>{t('common.time')}</th>
          <th>{t('requests.took')}</th>
        </tr>
      </thead>
      <tbody>
        {row.attempts.map(({ backend, start_ms, ms, outcome }, at) => {
          const failed = outcome !== 'ok';
          return (
            <tr key={at}>
              <td>
                <code>{backend}</code>
              </td>
              <td>
                <span className={`badge ${badgeOf(outcome)}`}>{outcome}</span>
              </td>
              <td className="track">
                <svg className="chart" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect className={failed ? 'fb' : 'f5'} x={share(start_ms)} y="1" width={share(ms)} height="4" />
                  {failed ? null : (
                    <rect
                      className="f1"
                      x={share(start_ms + ms)}
                      y="1"
                      width={share(total - start_ms - ms)}
                      height="4"
                    />
                  )}
                </svg>
              </td>
              <td className="num">{milliseconds(ms)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function RequestDetail({ row, onClose }: RequestDetailProps) {
  const { t, number, money, milliseconds, dateTime } = useText();
  const keyName = useKeyName();
  const facts: (readonly [string, string])[] = [
    [t('common.time'), dateTime(row.at)],
    [t('requests.operation'), row.operation],
    [t('play.model'), row.model],
    [t('usage.by.provider'), row.provider ? `${row.provider}/${row.upstream_model ?? ''}` : '–'],
    [t('keys.key'), keyName(row)],
    [t('keys.owner'), row.owner ?? '–'],
    [t('usage.in'), `${number(row.prompt_tokens)} (${t('requests.cached', { count: number(row.cached_tokens) })})`],
    [
      t('usage.out'),
      `${number(row.completion_tokens)} (${t('requests.reasoning', { count: number(row.reasoning_tokens) })})`,
    ],
    [t('metrics.firstToken'), row.first_token_ms === null ? '–' : milliseconds(row.first_token_ms)],
    [t('requests.took'), milliseconds(row.latency_ms)],
    [t('usage.cost'), `${money(row.cost_usd)}${row.estimated ? ` · ${t('requests.estimated')}` : ''}`],
  ];
  return (
    <section className="card" aria-label={t('requests.one')}>
      <header>
        <h2 className="grow">
          <code>{row.request_id}</code>
        </h2>
        <span className={`badge ${badgeOf(row.outcome)}`}>{row.outcome}</span>
        <button type="button" className="btn ghost icon small" aria-label={t('common.close')} onClick={onClose}>
          <X className="i" aria-hidden="true" />
        </button>
      </header>
      <div className="body stack">
        <Fall row={row} />
        <Facts facts={facts} />
        {row.conversation_id ? (
          <p>
            <Link to={`/playground/${encodeURIComponent(row.conversation_id)}`}>{t('requests.conversation')}</Link>
          </p>
        ) : null}
      </div>
    </section>
  );
}
