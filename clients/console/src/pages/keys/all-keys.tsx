import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { basePath } from '../../app/base-path.ts';
import { useKeys } from '../../app/list-queries.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Problem } from '../../parts/problem.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { useText } from '../../text/text.tsx';
import type { ListedKey, OpenKey } from './api-key.ts';
import { KeyRow } from './key-row.tsx';
import { stateOf } from './key-state.ts';

const filters = {
  all: () => true,
  active: (key: ListedKey) => stateOf(key, Date.now()) === 'active',
  inactive: (key: ListedKey) => ['disabled', 'expired'].includes(stateOf(key, Date.now())),
  revoked: (key: ListedKey) => stateOf(key, Date.now()) === 'revoked',
} as const;
type Filter = keyof typeof filters;
const filterNames = ['all', 'active', 'inactive', 'revoked'] as const;

const fits = ({ name, owner, prefix }: ListedKey, words: string) =>
  `${name} ${owner} ${prefix}`.toLowerCase().includes(words.toLowerCase());

function NoKeys({ onOpen }: { onOpen(open: OpenKey): void }) {
  const { t } = useText();
  return (
    <div className="card empty">
      <KeyRound className="i" aria-hidden="true" />
      <h2>{t('keys.empty')}</h2>
      <p>{t('keys.emptyText')}</p>
      <div className="row">
        <button type="button" className="btn" onClick={() => onOpen({ what: 'create' })}>
          {t('keys.createFirst')}
        </button>
        <a className="btn ghost" href={`${basePath}/docs/authentication`}>
          {t('keys.how')}
        </a>
      </div>
    </div>
  );
}

/** Every key of the gateway, for the administrator. */
export function AllKeys({ onOpen }: { onOpen(open: OpenKey): void }) {
  const { t } = useText();
  const { data, error } = useKeys();
  const [filter, setFilter] = useState<Filter>('all');
  const [words, setWords] = useState('');
  const items = data?.items ?? [];
  const shown = items.filter((key) => filters[filter](key) && fits(key, words));
  if (error) return <Problem error={error} />;
  if (data && items.length === 0) return <NoKeys onOpen={onOpen} />;
  return (
    <>
      <div className="row wrap between">
        <p className="lede">{t('keys.lede')}</p>
        <SearchField className="find" label={t('keys.search')} value={words} onChange={setWords} />
      </div>
      <FilterChips<Filter>
        value={filter}
        onChange={setFilter}
        options={filterNames.map((name) => [
          name,
          t(`keys.filter.${name}`),
          data ? items.filter(filters[name]).length : null,
        ])}
      />
      <div className="card">
        <DataTable
          caption={t('nav.keys')}
          loading={data === undefined}
          columns={[
            { head: t('keys.name') },
            { head: t('keys.key') },
            { head: t('keys.models') },
            { head: t('keys.limits') },
            { head: t('keys.spentMonth') },
            { head: t('keys.lastUsed') },
            { head: t('keys.expires') },
            { head: t('keys.state') },
            { head: t('keys.actions'), kind: 'actions' },
          ]}
        >
          {shown.map((key) => (
            <KeyRow key={key.id} apiKey={key} onOpen={onOpen} />
          ))}
        </DataTable>
        {data && shown.length === 0 ? <p className="small faint pad">{t('keys.noMatch')}</p> : null}
      </div>
    </>
  );
}
