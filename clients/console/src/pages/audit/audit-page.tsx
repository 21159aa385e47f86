import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useGateway } from '../../app/session.tsx';
import { Shell } from '../../app/shell.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useText } from '../../text/text.tsx';

const PAGE = 50;

/** What was changed, field by field. What a new thing leaves out says nothing. */
function Details({ details, isNew }: { details: Readonly<Record<string, unknown>>; isNew: boolean }) {
  return (
    <div className="pairs small">
      {Object.entries(details)
        .filter(([, value]) => !isNew || value !== null)
        .map(([name, value]) => (
          <span key={name}>
            <span className="faint">{name}</span>{' '}
            <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
          </span>
        ))}
    </div>
  );
}

/** What administrators changed, the newest first. */
export default function AuditPage() {
  const { t, dateTime } = useText();
  const gateway = useGateway();
  const [offset, setOffset] = useState(0);
  const { data, error } = useQuery({
    queryKey: ['audit', offset],
    queryFn: () => gateway.api.audit.query({ limit: PAGE, offset }),
  });
  const items = data?.items ?? [];
  return (
    <Shell title={t('nav.audit')}>
      <main className="page">
        <p className="lede">{t('audit.lede')}</p>
        {error ? <Problem error={error} /> : null}
        <div className="card">
          <DataTable
            loading={!data && !error}
            caption={t('nav.audit')}
            columns={[
              { head: t('common.time') },
              { head: t('audit.actor') },
              { head: t('audit.action') },
              { head: t('audit.subject') },
              { head: t('audit.details') },
            ]}
          >
            {items.map(({ id, at, actor, action, subject, details }) => (
              <tr key={id}>
                <td className="nowrap tnum">{dateTime(at)}</td>
                <td data-th={t('audit.actor')}>{actor}</td>
                <td data-th={t('audit.action')}>
                  <code>{action}</code>
                </td>
                <td data-th={t('audit.subject')}>
                  <code>{subject}</code>
                </td>
                <td data-th={t('audit.details')}>
                  <Details details={details} isNew={action.endsWith('.create')} />
                </td>
              </tr>
            ))}
          </DataTable>
          {data && items.length === 0 ? <p className="pad muted">{t('audit.empty')}</p> : null}
        </div>
        <Pager offset={offset} page={PAGE} shown={items.length} onChange={setOffset} />
      </main>
    </Shell>
  );
}
