import { RefreshCw } from 'lucide-react';
import { basePath } from '../../app/base-path.ts';
import { useReadiness, useStatus } from '../../app/queries.ts';
import { StateDot } from '../../parts/state-dot.tsx';
import { useText } from '../../text/text.tsx';

/** Whether the gateway and its upstreams can be reached, asked every few seconds. */
export function SystemHealth() {
  const { t, milliseconds, duration } = useText();
  const status = useStatus();
  const readiness = useReadiness();
  const reached = status.data !== undefined && !status.isError;
  const state = status.isPending ? 'checking' : reached ? 'up' : 'down';
  const backends = readiness.data?.backends ?? [];
  return (
    <section className="card">
      <header>
        <h2 className="grow">{t('health.title')}</h2>
        <button
          type="button"
          className="btn ghost icon small"
          aria-label={t('health.again')}
          onClick={() => {
            void status.refetch();
            void readiness.refetch();
          }}
        >
          <RefreshCw className="i" aria-hidden="true" />
        </button>
      </header>
      <dl className="health" aria-live="polite">
        <div>
          <dt>{t('nav.gateway')}</dt>
          <dd>
            <StateDot state={state} />
            {t(`state.${state}`)}{' '}
            {status.data ? <span className="faint nowrap">{milliseconds(status.data.pingMs)}</span> : null}
          </dd>
        </div>
        <div>
          <dt>{t('health.version')}</dt>
          <dd>{status.data?.version ?? '–'}</dd>
        </div>
        <div>
          <dt>{t('health.uptime')}</dt>
          <dd className="tnum">{status.data ? duration(status.data.uptime_seconds) : t('health.unknown')}</dd>
        </div>
        <div>
          <dt>{t('health.status')}</dt>
          <dd>
            <a href={`${basePath}/api/status`}>
              <code>GET /api/status</code>
            </a>
          </dd>
        </div>
      </dl>
      <div className="hair">
        <table className="table upstreams">
          <caption className="sr">{t('health.upstreams')}</caption>
          <tbody>
            {backends.map(({ provider, kind, status: at, latency_ms, detail }) => (
              <tr key={provider}>
                <td>
                  <span className="row">
                    <StateDot state={at} />
                    <code>{provider}</code>
                  </span>
                </td>
                <td className={at === 'down' ? 'bad-text' : 'faint'}>
                  {at === 'up' ? kind : (detail ?? t(`state.${at}`))}
                </td>
                <td className="num">{latency_ms === null ? '–' : milliseconds(latency_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
