import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { useEffect, useState } from 'react';
import { isShortcut, readLetters } from '../../app/keyboard.tsx';
import { useInfo } from '../../app/queries.ts';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { CsvButton } from '../../parts/csv-button.tsx';
import { DataTable, numeric } from '../../parts/data-table.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Segments } from '../../parts/segments.tsx';
import { useText } from '../../text/text.tsx';
import { RequestDetail } from './request-detail.tsx';
import { RequestLine, type RequestRow } from './request-row.tsx';
import { type RequestFilters, type Span, spans, useRequestFilters } from './use-request-filters.ts';
import { type OutcomeSum, useRequestSums } from './use-request-sums.ts';

const PAGE = 50;
const LIVE_MS = 10_000;

interface FiltersProps {
  readonly filters: RequestFilters;
  readonly outcomes: readonly OutcomeSum[];
}

function Filters({ filters: { request, model, outcome, span, set }, outcomes }: FiltersProps) {
  const { t, number } = useText();
  const { data: info } = useInfo();
  return (
    <div className="row wrap filters pad">
      <SearchField
        className="find"
        label={t('requests.id')}
        value={request}
        onChange={(value) => set('request', value.trim())}
      />
      <select
        className="input pick"
        aria-label={t('play.model')}
        value={model}
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
        value={outcome}
        onChange={(event) => set('outcome', event.target.value)}
      >
        <option value="">{t('requests.everyOutcome')}</option>
        {outcomes.map(({ name, requests }) => (
          <option key={name} value={name}>
            {name} · {number(requests)}
          </option>
        ))}
        {outcome === '' || outcomes.some(({ name }) => name === outcome) ? null : <option>{outcome}</option>}
      </select>
      <Segments<Span>
        label={t('requests.span')}
        value={span}
        onChange={(next) => set('span', next)}
        options={spans.map((name) => [name, t(`requests.span.${name}`)])}
      />
    </div>
  );
}

interface ListProps {
  readonly filters: RequestFilters;
  readonly items: readonly RequestRow[];
  readonly loading: boolean;
  readonly open: RequestRow | undefined;
}

function List({ filters, items, loading, open }: ListProps) {
  const { t } = useText();
  if (!loading && items.length === 0) {
    return (
      <div className="empty">
        <h2>{t(filters.isFiltered ? 'requests.none' : 'requests.noneAtAll')}</h2>
        {filters.isFiltered ? (
          <button type="button" className="btn" onClick={filters.clear}>
            {t('filter.clear')}
          </button>
        ) : (
          <p>{t('requests.noneYet')}</p>
        )}
      </div>
    );
  }
  return (
    <DataTable
      flat
      loading={loading}
      caption={t('requests.caption')}
      columns={[
        { head: t('common.time') },
        { head: t('requests.outcome') },
        { head: t('requests.modelAndBackend') },
        numeric(t('requests.tries')),
        { head: t('keys.key') },
        numeric(t('usage.tokens')),
        numeric(t('requests.took')),
        numeric(t('usage.cost')),
      ]}
    >
      {items.map((row) => (
        <RequestLine
          key={row.request_id}
          row={row}
          selected={row === open}
          onOpen={() => filters.set('open', row.request_id)}
        />
      ))}
    </DataTable>
  );
}

/** J and K lead to the older and the newer request, and Escape back to the list. */
function useMoves(moves: Readonly<Record<'j' | 'k' | 'Escape', (() => void) | null>>): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.defaultPrevented || !isShortcut(event)) return;
      if (event.key === 'Escape') moves.Escape?.();
      if ((event.key === 'j' || event.key === 'k') && readLetters()) moves[event.key]?.();
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

/** Requests one by one. */
export default function RequestsPage() {
  const { t, number, money } = useText();
  const gateway = useGateway();
  const filters = useRequestFilters();
  const [paused, setPaused] = useState(false);
  const { asked, offset, set } = filters;
  const live = offset === 0 && !paused;
  const refetchInterval = live ? LIVE_MS : false;
  const { outcomes, sum } = useRequestSums(filters, refetchInterval);
  const { data, error } = useQuery({
    queryKey: ['requests', asked, offset],
    queryFn: () => gateway.api.usage.list.query({ ...asked, limit: PAGE, offset }),
    placeholderData: (known) => known,
    refetchInterval,
  });
  const items = data?.items ?? [];
  const found = items.findIndex(({ request_id }) => request_id === filters.open);
  const at = found < 0 && filters.request !== '' && filters.open === '' ? 0 : found;
  const open = items[at];
  const moveTo = (to: number) => {
    const row = items[to];
    return row ? () => set('open', row.request_id) : null;
  };
  const onNewer = open ? moveTo(at - 1) : null;
  const onOlder = moveTo(at + 1);
  // A request that was found by its id is open, although the address does not name it in `open`.
  const close = open ? () => (filters.open === '' ? filters.clear() : set('open', '')) : null;
  useMoves({ j: onOlder, k: onNewer, Escape: close });
  return (
    <Shell
      title={t('nav.requests')}
      railed
      bar={
        <>
          {live ? (
            <span className="badge accent">
              <span className="dot live" aria-hidden="true" />
              {t('requests.live')}
            </span>
          ) : null}
          <span className="grow" />
          <button
            type="button"
            className="btn ghost"
            aria-label={t(paused ? 'requests.resume' : 'requests.pause')}
            onClick={() => setPaused(!paused)}
          >
            {paused ? <Play className="i" aria-hidden="true" /> : <Pause className="i" aria-hidden="true" />}
            <span className="wide-only">{t(paused ? 'requests.resume' : 'requests.pause')}</span>
          </button>
          <CsvButton name="requests.csv" rows={items} />
        </>
      }
    >
      <div className={`split${open ? ' opened' : ''}`}>
        <main className="reqs">
          <Filters filters={filters} outcomes={outcomes} />
          {error ? <Problem error={error} /> : null}
          {error && !data ? null : <List filters={filters} items={items} loading={data === undefined} open={open} />}
          <div className="pad">
            <Pager
              offset={offset}
              page={PAGE}
              shown={items.length}
              total={
                sum &&
                t('requests.sums', {
                  count: number(sum.requests),
                  cost: money(sum.costUsd),
                  failed: number(sum.failed),
                })
              }
              onChange={filters.setOffset}
            />
          </div>
        </main>
        {open && close ? <RequestDetail row={open} onClose={close} onNewer={onNewer} onOlder={onOlder} /> : null}
      </div>
    </Shell>
  );
}
