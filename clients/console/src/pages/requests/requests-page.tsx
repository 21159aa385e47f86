import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { CsvButton } from '../../parts/csv-button.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';
import { ColumnMenu } from './column-menu.tsx';
import { RequestDetail } from './request-detail.tsx';
import type { RequestRow } from './request-entry.ts';
import { RequestFilterBar } from './request-filter-bar.tsx';
import { RequestList } from './request-list.tsx';
import { type Columns, useColumns } from './use-columns.ts';
import { useOpenRequest } from './use-open-request.ts';
import { useRequestFilters } from './use-request-filters.ts';
import { useRequestSums } from './use-request-sums.ts';

const PAGE = 50;
const LIVE_MS = 10_000;

interface RequestsBarProps {
  readonly live: boolean;
  readonly paused: boolean;
  readonly items: readonly RequestRow[];
  readonly columns: Columns;
  setPaused(paused: boolean): void;
}

function RequestsBar({ live, paused, items, columns, setPaused }: RequestsBarProps) {
  const { t } = useText();
  const label = t(paused ? 'requests.resume' : 'requests.pause');
  return (
    <>
      {live ? (
        <span className="badge accent">
          <span className="dot live" aria-hidden="true" />
          {t('requests.live')}
        </span>
      ) : null}
      <span className="grow" />
      <button type="button" className="btn ghost" aria-label={label} onClick={() => setPaused(!paused)}>
        {paused ? <Play className="i" aria-hidden="true" /> : <Pause className="i" aria-hidden="true" />}
        <span className="wide-only">{label}</span>
      </button>
      <ColumnMenu columns={columns} />
      <CsvButton name="requests.csv" rows={items} />
    </>
  );
}

/** Requests one by one. */
export default function RequestsPage() {
  const { t, money } = useText();
  const gateway = useGateway();
  const filters = useRequestFilters();
  const [paused, setPaused] = useState(false);
  const columns = useColumns();
  const { asked, offset } = filters;
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
  const { open, onNewer, onOlder, onClose } = useOpenRequest(filters, items);
  const sums = sum && { count: sum.requests, cost: money(sum.costUsd), failed: sum.failed };
  const total = sums && t('requests.sums', sums);
  return (
    <Shell title={t('nav.requests')} railed bar={<RequestsBar {...{ live, paused, items, columns, setPaused }} />}>
      <div className={`split${open ? ' opened' : ''}`}>
        <main className="reqs">
          <RequestFilterBar filters={filters} outcomes={outcomes} />
          {error ? <Problem error={error} /> : null}
          {error && !data ? null : (
            <RequestList {...{ filters, items, open }} columns={columns.shown} loading={data === undefined} />
          )}
          <div className="pad">
            <Pager offset={offset} page={PAGE} shown={items.length} total={total} onChange={filters.setOffset} />
          </div>
        </main>
        {open && onClose ? <RequestDetail row={open} {...{ onClose, onNewer, onOlder }} /> : null}
      </div>
    </Shell>
  );
}
