import { useInfo } from '../../app/queries.ts';
import { SearchField } from '../../parts/search-field.tsx';
import { Segments } from '../../parts/segments.tsx';
import { useText } from '../../text/text.tsx';
import { type RequestFilters, type Span, spans } from './use-request-filters.ts';
import type { OutcomeSum } from './use-request-sums.ts';

interface RequestFilterBarProps {
  readonly filters: RequestFilters;
  readonly outcomes: readonly OutcomeSum[];
}

export function RequestFilterBar({ filters: { request, model, outcome, span, set }, outcomes }: RequestFilterBarProps) {
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
