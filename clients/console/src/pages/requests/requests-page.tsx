import type { Outputs } from '@duplex/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { useInfo } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import { RequestDetail } from './request-detail.tsx';

export type RequestRow = Outputs['api']['usage']['list']['items'][number];

const PAGE = 50;
const outcomes = ['ok', 'cancelled', 'upstream_unavailable', 'upstream_timeout', 'rate_limit_exceeded'];

export const badgeOf = (outcome: string) => (outcome === 'ok' ? 'ok' : outcome === 'cancelled' ? '' : 'bad');

/** How a request's key is shown: by its name, or by its id when the gateway knows no name. */
export function useKeyName(): (row: RequestRow) => string {
  const { t } = useText();
  return ({ key_id, key_name }) => key_name ?? key_id ?? t('nav.administrator');
}

interface RowProps {
  readonly row: RequestRow;
  readonly selected: boolean;
  onOpen(): void;
}

function Row({ row, selected, onOpen }: RowProps) {
  const { t, dateTime, number, milliseconds, money } = useText();
  const keyName = useKeyName();
  return (
    <tr aria-selected={selected}>
      <td>
        <button type="button" className="linkish tnum nowrap" onClick={onOpen}>
          {dateTime(row.at)}
        </button>
      </td>
      <td data-th={t('requests.outcome')}>
        <span className={`badge ${badgeOf(row.outcome)}`}>{row.outcome}</span>
      </td>
      <td data-th={t('play.model')}>
        <code className="small">{row.model}</code>
        <div className="small faint truncate bk">
          {row.provider ? `${row.provider}/${row.upstream_model ?? ''}` : '–'}
        </div>
      </td>
      <td className="num" data-th={t('requests.tries')}>
        {row.attempts.length > 1 ? <span className="badge warn tnum">{row.attempts.length}</span> : row.attempts.length}
      </td>
      <td data-th={t('keys.key')} className="small">
        <div className="truncate who-c">{keyName(row)}</div>
      </td>
      <td className="num" data-th={t('usage.tokens')}>
        {number(row.prompt_tokens + row.completion_tokens)}
      </td>
      <td className="num" data-th={t('requests.took')}>
        {milliseconds(row.latency_ms)}
      </td>
      <td className="num" data-th={t('usage.cost')}>
        {money(row.cost_usd)}
      </td>
    </tr>
  );
}

/** Requests one by one; what is looked for stands in the address, so that it can be sent to somebody. */
export default function RequestsPage() {
  const { t } = useText();
  const gateway = useGateway();
  const { data: info } = useInfo();
  const [params, setParams] = useSearchParams();
  const [offset, setOffset] = useState(0);
  const read = (name: string) => params.get(name) ?? '';
  const set = (name: string, value: string) => {
    setOffset(0);
    setParams((known) => {
      const next = new URLSearchParams(known);
      if (value === '') next.delete(name);
      else next.set(name, value);
      return next;
    });
  };
  const filter = { model: read('model'), outcome: read('outcome'), request_id: read('request') };
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== ''));
  const { data, error } = useQuery({
    queryKey: ['requests', given, offset],
    queryFn: () => gateway.api.usage.list.query({ ...given, limit: PAGE, offset }),
    refetchInterval: offset === 0 ? 10_000 : false,
  });
  const items = data?.items ?? [];
  const open =
    items.find(({ request_id }) => request_id === read('open')) ?? (filter.request_id ? items[0] : undefined);
  return (
    <Shell title={t('nav.requests')}>
      <main className="page">
        <div className="row wrap filters">
          <input
            className="input find"
            type="search"
            aria-label={t('requests.id')}
            placeholder={t('requests.id')}
            value={filter.request_id}
            onChange={(event) => set('request', event.target.value.trim())}
          />
          <select
            className="input pick"
            aria-label={t('play.model')}
            value={filter.model}
            onChange={(event) => set('model', event.target.value)}
          >
            <option value="">{t('requests.everyModel')}</option>
            {(info?.models ?? []).map(({ alias }) => (
              <option key={alias}>{alias}</option>
            ))}
          </select>
          <select
            className="input pick"
            aria-label={t('requests.outcome')}
            value={filter.outcome}
            onChange={(event) => set('outcome', event.target.value)}
          >
            <option value="">{t('requests.everyOutcome')}</option>
            {outcomes.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
        {error ? <Problem error={error} /> : null}
        {open ? <RequestDetail row={open} onClose={() => set('open', '')} /> : null}
        <div className="card reqs">
          <DataTable
            caption={t('requests.caption')}
            columns={[
              { head: t('common.time') },
              { head: t('requests.outcome') },
              { head: t('play.model') },
              numeric(t('requests.tries')),
              { head: t('keys.key') },
              numeric(t('usage.tokens')),
              numeric(t('requests.took')),
              numeric(t('usage.cost')),
            ]}
          >
            {items.map((row) => (
              <Row key={row.request_id} row={row} selected={row === open} onOpen={() => set('open', row.request_id)} />
            ))}
          </DataTable>
          {data && items.length === 0 ? (
            <div className="empty">
              <h2>{t('requests.none')}</h2>
              <button type="button" className="btn" onClick={() => setParams(new URLSearchParams())}>
                {t('filter.clear')}
              </button>
            </div>
          ) : null}
        </div>
        <Pager offset={offset} page={PAGE} shown={items.length} onChange={setOffset} />
      </main>
    </Shell>
  );
}
