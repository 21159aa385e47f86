import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { LIVE_MS, useDownProviders } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Problem } from '../../parts/problem.tsx';
import { StateDot } from '../../parts/state-dot.tsx';
import { useText } from '../../text/text.tsx';
import type { Backend } from './backend.ts';
import { CircuitState } from './circuit-state.tsx';
import { TestBackend } from './test-backend.tsx';

/** How many of the last outcomes the gateway keeps. */
const MARKS = 20;

const marks = (outcome: string) => (outcome === 'ok' ? '' : outcome === 'client_disconnected' ? 's' : 'x');

/** The last outcomes as bars, the newest at the end, and in words for who hears the page. */
function Pulse({ outcomes }: Pick<Backend, 'outcomes'>) {
  const { t, dateTime } = useText();
  const fine = outcomes.filter(({ outcome }) => outcome === 'ok').length;
  const failed = outcomes.find(({ outcome }) => outcome !== 'ok');
  return (
    <span className="row wrap">
      <span className="pulse" aria-hidden="true">
        {Array.from({ length: Math.max(0, MARKS - outcomes.length) }, (_, place) => (
          <i key={`none-${place}`} className="o" />
        ))}
        {outcomes.toReversed().map(({ outcome, at }, place) => (
          <i key={place} className={marks(outcome)} title={`${dateTime(at)}: ${outcome}`} />
        ))}
      </span>
      <span className="small faint">
        {outcomes.length === 0 ? t('backends.noOutcome') : t('backends.lastFine', { fine, count: outcomes.length })}
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
  const down = useDownProviders();
  // The circuit of a backend that is down may still be closed: failed requests open it, and failed probes do not.
  const isDown = (backend: string) => down.some((provider) => backend.startsWith(`${provider}/`));
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
          {t('backends.title')} {data ? <span className="faint">{number(data.items.length)}</span> : null}
        </h2>
      </header>
      {error ? <Problem error={error} /> : null}
      <DataTable
        flat
        loading={!data && !error}
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
                <StateDot state={isDown(item.backend) ? 'down' : item.state} />
                <code>{item.backend}</code>
              </span>
              <div className="small faint truncate below-dot" title={item.aliases.join(', ')}>
                {item.aliases.join(', ')}
              </div>
            </td>
            <td data-th={t('backends.circuit')}>
              <CircuitState state={item.state} />
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
