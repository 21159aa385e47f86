import { DataTable, numeric } from '../../parts/data-table.tsx';
import { useText } from '../../text/text.tsx';
import { RequestLine, type RequestRow } from './request-row.tsx';
import type { RequestFilters } from './use-request-filters.ts';

interface RequestListProps {
  readonly filters: RequestFilters;
  readonly items: readonly RequestRow[];
  readonly loading: boolean;
  readonly open: RequestRow | undefined;
}

export function RequestList({ filters, items, loading, open }: RequestListProps) {
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
