import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useGateway } from '../../app/session.tsx';
import { CodedText } from '../../parts/coded-text.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { useText } from '../../text/text.tsx';

export function useErrors() {
  const gateway = useGateway();
  return useQuery({
    queryKey: ['errors'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => gateway.system.errors.query(),
  });
}

const common = [
  'missing_authorization',
  'invalid_authorization',
  'insufficient_balance',
  'model_not_found',
  'rate_limit_exceeded',
  'upstream_unavailable',
];

export function CommonErrors() {
  const { t } = useText();
  const { data } = useErrors();
  const rows = (data?.entries ?? []).filter(({ code }) => common.includes(code));
  return (
    <section className="card">
      <header>
        <h2 className="grow">{t('api.errors')}</h2>
        <Link to="/console/errors">{t('api.allErrors')}</Link>
      </header>
      <DataTable
        flat
        caption={t('api.errors')}
        columns={[{ head: t('errors.status') }, { head: t('errors.meaning') }, { head: t('errors.fix') }]}
      >
        {rows.map(({ code, http_status, title, remediation }) => (
          <tr key={code}>
            <td>
              <span className={`badge ${http_status >= 500 ? 'bad' : 'warn'}`}>{http_status}</span> <code>{code}</code>
            </td>
            <td data-th={t('errors.meaning')} lang="en">
              {title}
            </td>
            <td data-th={t('errors.fix')} lang="en">
              <CodedText text={remediation} />
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
