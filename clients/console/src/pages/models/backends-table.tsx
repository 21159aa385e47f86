import type { Outputs } from '@duplex/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { LIVE_MS } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Problem } from '../../parts/problem.tsx';
import { StateDot } from '../../parts/state-dot.tsx';
import { useText } from '../../text/text.tsx';
import { TestBackend } from './test-backend.tsx';

export type Backend = Outputs['api']['backends']['list']['items'][number];

const marks = (outcome: string) => (outcome === 'ok' ? '' : outcome === 'client_disconnected' ? 's' : 'x');

/** The last outcomes as bars, the newest at the end, and in words for who hears the page. */
function Pulse({ outcomes }: Pick<Backend, 'outcomes'>) {
  const { t, number, dateTime } = useText();
  if (outcomes.length === 0) return <span className="faint">–</span>;
  const fine = outcomes.filter(({ outcome }) => outcome === 'ok').length;
  const failed = outcomes.find(({ outcome }) => outcome !== 'ok');
  return (
    <span className="row wrap">
      <span className="pulse" aria-hidden="true">
        {outcomes.toReversed().map(({ outcome, at }, place) => (
          <i key={place} className={marks(outcome)} title={`${dateTime(at)}: ${outcome}`} />
        ))}
      </span>
      <span className="small faint">
        {t('backends.lastFine', { fine: number(fine), count: number(outcomes.length) })}
      </span>
      {failed ? (
        <Link className="small" to={`/console/requests?request=${encodeURIComponent(failed.request_id)}`}>
          <code>{failed.outcome}</code>
        </Link>
      ) : null}
    </span>
  );
}

/** Each backend with its circuit and its last outcomes, for the administrator, who can test it. */
export function BackendsTable() {
  const { t, number, milliseconds } = useText();
  const gateway = useGateway();
  const [tested, setTested] = useState<Backend | null>(null);
  const { data, error } = useQuery({
    queryKey: ['backends'],
    queryFn: () => gateway.api.backends.list.query(),
    refetchInterval: LIVE_MS,
  });
  return (
    <section className="card">
      <header>
        <h2 className="grow">
          {t('backends.title')} <span className="faint">{number(data?.items.length ?? 0)}</span>
        </h2>
      </header>
      {error ? <Problem error={error} /> : null}
      <DataTable
        flat
        caption={t('backends.title')}
        columns={[
          { head: t('backends.backend') },
          { head: t('backends.circuit') },
          { head: t('backends.outcomes') },
          numeric(t('backends.inFlight')),
          numeric(t('backends.begins')),
          { head: t('keys.actions'), kind: 'actions' },
        ]}
      >
        {(data?.items ?? []).map((item) => (
          <tr key={item.backend}>
            <td>
              <span className="row">
                <StateDot state={item.state} />
                <code>{item.backend}</code>
              </span>
              <div className="small faint truncate">{item.aliases.join(', ')}</div>
            </td>
            <td data-th={t('backends.circuit')}>
              <span className="badge">{item.state}</span>{' '}
              <span className="small faint">{t(`state.${item.state}`)}</span>
            </td>
            <td data-th={t('backends.outcomes')}>
              <Pulse outcomes={item.outcomes} />
            </td>
            <td className="num" data-th={t('backends.inFlight')}>
              {number(item.in_flight)}
            </td>
            <td className="num" data-th={t('backends.begins')}>
              {item.latency_ms === null ? '–' : milliseconds(item.latency_ms)}
            </td>
            <td className="act">
              {item.test ? (
                <button
                  type="button"
                  className="btn small"
                  aria-label={t('backends.testOne', { backend: item.backend })}
                  onClick={() => setTested(item)}
                >
                  {t('backends.test')}
                </button>
              ) : null}
            </td>
          </tr>
        ))}
      </DataTable>
      {tested?.test ? (
        <TestBackend backend={tested.backend} cost={tested.test} onClose={() => setTested(null)} />
      ) : null}
    </section>
  );
}
