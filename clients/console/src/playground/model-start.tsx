import { useState } from 'react';
import { useInfo } from '../app/queries.ts';
import { FilterChips } from '../parts/filter-chips.tsx';
import { Problem } from '../parts/problem.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { Skeleton } from '../parts/skeleton.tsx';
import type { TextKey } from '../text/en.ts';
import { useText } from '../text/text.tsx';
import { ModelCard } from './model-card.tsx';
import { type ModelInfo, takesChats } from './model-info.ts';

const filters: readonly (readonly [TextKey, (model: ModelInfo) => boolean])[] = [
  ['filter.all', () => true],
  ['filter.readsImages', ({ modalities }) => modalities.input.includes('image')],
  ['filter.hears', ({ modalities }) => modalities.input.some((name) => name === 'audio' || name === 'video')],
  ['filter.makesImages', ({ modalities }) => modalities.output.includes('image')],
  ['filter.reasoning', ({ capabilities }) => capabilities.reasoning],
  ['filter.tools', ({ capabilities }) => capabilities.tools],
];

/** A card a model: where a new chat begins. */
export function ModelStart({ onOpen }: { onOpen(alias: string): void }) {
  const { t } = useText();
  const { data: info, error } = useInfo();
  const [filter, setFilter] = useState<TextKey>('filter.all');
  const [words, setWords] = useState('');
  const models = (info?.models ?? []).filter(takesChats);
  const test = filters.find(([key]) => key === filter)?.[1] ?? (() => true);
  const shown = models.filter(
    (model) => test(model) && `${model.alias} ${model.family ?? ''}`.toLowerCase().includes(words.toLowerCase()),
  );
  return (
    <main className="turns">
      <div className="page inner">
        <div className="stack-2">
          <h2 className="h-page">{t('start.title')}</h2>
          <p className="lede">{t('start.lede')}</p>
        </div>
        {error ? <Problem error={error} /> : null}
        <div className="row wrap between">
          <FilterChips<TextKey>
            value={filter}
            onChange={setFilter}
            options={filters
              .map(([key, matches]) => [key, t(key), models.filter(matches).length] as const)
              .filter(([key, , count]) => key === 'filter.all' || count > 0)}
          />
          <SearchField
            className="grow find"
            placeholder={t('start.searchCount', { count: models.length })}
            label={t('start.search')}
            value={words}
            onChange={setWords}
          />
        </div>
        {info || error ? null : <Skeleton />}
        {info && models.length === 0 ? (
          <div className="empty">
            <h2>{t('start.noModels')}</h2>
            <p>{t('start.noModelsText')}</p>
          </div>
        ) : null}
        {models.length > 0 && shown.length === 0 ? (
          <div className="empty">
            <h2>{t('start.none')}</h2>
            <button
              type="button"
              className="btn"
              onClick={() => {
                setFilter('filter.all');
                setWords('');
              }}
            >
              {t('filter.clear')}
            </button>
          </div>
        ) : null}
        <ul className="models">
          {shown.map((model) => (
            <ModelCard key={model.alias} model={model} onOpen={onOpen} />
          ))}
        </ul>
      </div>
    </main>
  );
}
