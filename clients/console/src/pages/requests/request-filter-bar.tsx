import { useKeys } from '../../app/list-queries.ts';
import { useInfo, useSelf } from '../../app/queries.ts';
import { FilterPick } from '../../parts/filter-pick.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Segments } from '../../parts/segments.tsx';
import { useText } from '../../text/text.tsx';
import { type RequestFilters, type Span, spans } from './use-request-filters.ts';
import type { OutcomeSum } from './use-request-sums.ts';

/** Only the administrator sees the requests of more than one key. */
function KeyPick({ filters: { key, set } }: { filters: RequestFilters }) {
  const { t } = useText();
  const { data: self } = useSelf();
  const isAdmin = self?.role === 'admin';
  const { data: keys } = useKeys({ enabled: isAdmin });
  if (!isAdmin) return null;
  return (
    <FilterPick
      label={t('keys.key')}
      every={t('requests.everyKey')}
      value={key}
      onChange={(value) => set('key', value)}
      options={(keys?.items ?? []).map(({ id, name, prefix }) => [id, name ?? prefix])}
    />
  );
}

interface RequestFilterBarProps {
  readonly filters: RequestFilters;
  readonly outcomes: readonly OutcomeSum[];
}

export function RequestFilterBar({ filters, outcomes }: RequestFilterBarProps) {
  const { t, number } = useText();
  const { data: info } = useInfo();
  const { set } = filters;
  const models = info?.models ?? [];
  const providers = new Set(models.flatMap(({ backends }) => backends.map(({ provider }) => provider)));
  return (
    <div className="row wrap filters pad">
      <SearchField
        className="find"
        label={t('requests.id')}
        value={filters.request}
        onChange={(value) => set('request', value.trim())}
      />
      <FilterPick
        label={t('play.model')}
        every={t('requests.everyModel')}
        value={filters.model}
        onChange={(value) => set('model', value)}
        options={models.map(({ alias }) => [alias, alias])}
      />
      <FilterPick
        label={t('requests.outcome')}
        every={t('requests.everyOutcome')}
        value={filters.outcome}
        onChange={(value) => set('outcome', value)}
        options={outcomes.map(({ name, requests }) => [name, `${name} · ${number(requests)}`])}
      />
      <KeyPick filters={filters} />
      <FilterPick
        label={t('requests.provider')}
        every={t('requests.everyProvider')}
        value={filters.provider}
        onChange={(value) => set('provider', value)}
        options={[...providers].map((name) => [name, name])}
      />
      <Segments<Span>
        label={t('requests.span')}
        value={filters.span}
        onChange={(next) => set('span', next)}
        options={spans.map((name) => [name, t(`requests.span.${name}`)])}
      />
    </div>
  );
}
