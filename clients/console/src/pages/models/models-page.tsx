import '../../style/backends.css';
import { FilePenLine } from 'lucide-react';
import { Link } from 'wouter';
import { basePath } from '../../app/base-path.ts';
import { useBackendState, useInfo, useReadiness, useSelf } from '../../app/queries.ts';
import { Shell } from '../../app/shell.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Problem } from '../../parts/problem.tsx';
import { StateDot } from '../../parts/state-dot.tsx';
import { usePrice } from '../../playground/model-card.tsx';
import { isDemo } from '../../playground/model-info.ts';
import { useText } from '../../text/text.tsx';
import { BackendsTable } from './backends-table.tsx';
import { CircuitState } from './circuit-state.tsx';
import { Troubles } from './troubles.tsx';

function Routes() {
  const { t, number, milliseconds } = useText();
  const { data, error } = useReadiness();
  return (
    <section className="card">
      <header>
        <h2 className="grow">
          {t('backends.title')} {data ? <span className="faint">{number(data.routes.length)}</span> : null}
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
          numeric(t('backends.inFlight')),
          numeric(t('backends.begins')),
        ]}
      >
        {(data?.routes ?? []).map(({ backend, state, in_flight, latency_ms }) => (
          <tr key={backend}>
            <td>
              <span className="row">
                <StateDot state={state} />
                <code>{backend}</code>
              </span>
            </td>
            <td data-th={t('backends.circuit')}>
              <CircuitState state={state} />
            </td>
            <td className="num" data-th={t('backends.inFlight')}>
              {number(in_flight)}
            </td>
            <td className="num" data-th={t('backends.begins')}>
              {latency_ms === null ? '–' : milliseconds(latency_ms)}
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}

function Probes() {
  const { t, milliseconds } = useText();
  const { data } = useReadiness();
  return (
    <section className="card">
      <header>
        <h2>{t('backends.providers')}</h2>
      </header>
      <DataTable
        flat
        loading={!data}
        caption={t('backends.providers')}
        columns={[
          { head: t('backends.provider') },
          { head: t('backends.kind') },
          { head: t('keys.state') },
          numeric(t('backends.probe')),
        ]}
      >
        {(data?.backends ?? []).map(({ provider, kind, status, latency_ms, detail }) => (
          <tr key={provider}>
            <td>
              <span className="row">
                <StateDot state={status} />
                <code>{provider}</code>
              </span>
            </td>
            <td data-th={t('backends.kind')}>{kind}</td>
            <td data-th={t('keys.state')}>
              {t(`state.${status}`)} {detail ? <span className="small bad-text">{detail}</span> : null}
            </td>
            <td className="num" data-th={t('backends.probe')}>
              {latency_ms === null ? '–' : milliseconds(latency_ms)}
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}

/** What each model is served by, and how that is doing now. */
export default function ModelsPage() {
  const { t, compact } = useText();
  const { data: info, error } = useInfo();
  const { data: self } = useSelf();
  const isAdmin = self?.role === 'admin';
  const priceOf = usePrice();
  const stateOf = useBackendState();
  return (
    <Shell
      title={t('nav.models')}
      bar={
        <>
          <span className="grow" />
          {isAdmin ? (
            <Link className="btn" to="/console/models/file">
              <FilePenLine className="i" aria-hidden="true" />
              {t('models.file')}
            </Link>
          ) : null}
        </>
      }
    >
      <main className="page">
        {info?.demo ? (
          <p className="note accent">
            <span>
              {t('backends.demo')} <a href={`${basePath}/docs/models`}>{t('demo.connect')}</a>
            </span>
          </p>
        ) : null}
        <Troubles />
        {isAdmin ? <BackendsTable /> : <Routes />}
        <Probes />
        <section className="card">
          <header>
            <h2>{t('backends.models')}</h2>
          </header>
          {error ? <Problem error={error} /> : null}
          <DataTable
            flat
            loading={!info && !error}
            caption={t('backends.models')}
            columns={[
              { head: t('play.model') },
              { head: t('backends.chain') },
              numeric(t('models.context')),
              { head: t('models.price') },
            ]}
          >
            {(info?.models ?? []).map((model) => (
              <tr key={model.alias}>
                <td>
                  <code>{model.alias}</code>{' '}
                  {isDemo(model) ? <span className="badge warn">{t('models.demo')}</span> : null}
                </td>
                <td data-th={t('backends.chain')}>
                  {model.backends.length === 0 ? <span className="faint">{t('models.noBackend')}</span> : null}
                  <ol className="chain">
                    {model.backends.map((backend) => {
                      const name = `${backend.provider}/${backend.model}`;
                      return (
                        <li key={name} className="row">
                          <StateDot state={stateOf(backend)} />
                          <span className="sr">{t(`state.${stateOf(backend)}`)}</span>
                          <code className="small">{name}</code>
                        </li>
                      );
                    })}
                  </ol>
                </td>
                <td className="num" data-th={t('models.context')}>
                  {model.context_window === null ? '–' : compact(model.context_window)}
                </td>
                <td data-th={t('models.price')}>{priceOf(model)}</td>
              </tr>
            ))}
          </DataTable>
        </section>
      </main>
    </Shell>
  );
}
