import { X } from 'lucide-react';
import { Link } from 'wouter';
import { useText } from '../../text/text.tsx';
import { badgeOf, type RequestRow } from './requests-page.tsx';

interface RequestDetailProps {
  readonly row: RequestRow;
  readonly keyName: string;
  onClose(): void;
}

/** How the time of a request went: until its first token, and until its end. */
function Fall({ row }: { row: RequestRow }) {
  const { t, milliseconds } = useText();
  const first = row.first_token_ms;
  const total = Math.max(row.latency_ms, 1);
  const share = first === null ? 100 : (first / total) * 100;
  return (
    <svg className="chart" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={t('requests.fall')}>
      <rect className="f5" x="0" y="1" width={share} height="6">
        <title>{t('requests.until', { time: first === null ? '–' : milliseconds(first) })}</title>
      </rect>
      <rect className="f1" x={share} y="1" width={100 - share} height="6">
        <title>{milliseconds(row.latency_ms)}</title>
      </rect>
    </svg>
  );
}

export function RequestDetail({ row, keyName, onClose }: RequestDetailProps) {
  const { t, number, money, milliseconds, dateTime } = useText();
  const facts: (readonly [string, string])[] = [
    [t('common.time'), dateTime(row.at)],
    [t('requests.operation'), row.operation],
    [t('play.model'), row.model],
    [t('usage.by.provider'), row.provider ? `${row.provider}/${row.upstream_model ?? ''}` : '–'],
    [t('keys.key'), keyName],
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
        <dl className="facts">
          {facts.map(([name, value]) => (
            <div key={name} className="fact">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {row.conversation_id ? (
          <p>
            <Link to={`/playground/${encodeURIComponent(row.conversation_id)}`}>{t('requests.conversation')}</Link>
          </p>
        ) : null}
      </div>
    </section>
  );
}
