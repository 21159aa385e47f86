import { DataTable } from '../../parts/data-table.tsx';
import { useText } from '../../text/text.tsx';
import type { RequestColumn } from './request-columns.tsx';
import type { RequestRow } from './request-entry.ts';
import { RequestLine } from './request-row.tsx';
import type { RequestFilters } from './use-request-filters.ts';

interface RequestListProps {
  readonly filters: RequestFilters;
  readonly items: readonly RequestRow[];
  readonly loading: boolean;
  readonly open: RequestRow | undefined;
  readonly columns: readonly RequestColumn[];
}

export function RequestList({ filters, items, loading, open, columns }: RequestListProps) {
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
        ...columns.map(({ head, isNumber }) => ({ head: t(head), ...(isNumber ? { kind: 'number' as const } : {}) })),
      ]}
    >
      {items.map((row) => (
        <RequestLine
          key={row.request_id}
          row={row}
          columns={columns}
          selected={row === open}
          onOpen={() => filters.set('open', row.request_id)}
        />
      ))}
    </DataTable>
  );
}
