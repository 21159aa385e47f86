import { useState } from 'react';
import { Shell } from '../../app/shell.tsx';
import { CodedText } from '../../parts/coded-text.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { useText } from '../../text/text.tsx';
import { useErrors } from '../api/common-errors.tsx';

/** Every code that the gateway can answer, from the catalog itself. */
export default function ErrorsPage() {
  const { t } = useText();
  const { data, error } = useErrors();
  const [words, setWords] = useState('');
  const rows = (data?.entries ?? []).filter(({ code, title, http_status }) =>
    `${code} ${title} ${http_status}`.toLowerCase().includes(words.toLowerCase()),
  );
  return (
    <Shell title={t('nav.errors')}>
      <main className="page">
        <div className="row wrap between">
          <p className="lede">{t('errors.lede')}</p>
          <SearchField className="find" label={t('errors.search')} value={words} onChange={setWords} />
        </div>
        {error ? <Problem error={error} /> : null}
        <div className="card">
          <DataTable
            loading={!data && !error}
            caption={t('nav.errors')}
            columns={[
              { head: t('errors.code') },
              { head: t('errors.status') },
              { head: t('errors.meaning') },
              { head: t('errors.fix') },
            ]}
          >
            {rows.map(({ code, http_status, title, description, remediation }) => (
              <tr key={code} id={code}>
                <td>
                  <code>{code}</code>
                </td>
                <td data-th={t('errors.status')}>
                  <span className={`badge ${http_status >= 500 ? 'bad' : 'warn'}`}>{http_status}</span>
                </td>
                <td className="c-wide" lang="en">
                  <strong>{title}</strong>
                  <p className="small muted">
                    <CodedText text={description} />
                  </p>
                </td>
                <td className="c-wide" data-th={t('errors.fix')} lang="en">
                  <span>
                    <CodedText text={remediation} />
                  </span>
                </td>
              </tr>
            ))}
          </DataTable>
          {data && rows.length === 0 ? <p className="small faint pad">{t('errors.none')}</p> : null}
        </div>
      </main>
    </Shell>
  );
}
