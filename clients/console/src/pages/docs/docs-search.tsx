import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { Link } from 'wouter';
import { docAddress } from '../../app/doc-address.ts';
import { useGateway } from '../../app/session.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { useText } from '../../text/text.tsx';

/** Finds parts of pages by their words, as they are typed. */
export function DocsSearch() {
  const { t } = useText();
  const gateway = useGateway();
  const [words, setWords] = useState('');
  const asked = useDeferredValue(words.trim());
  const { data } = useQuery({
    queryKey: ['docs-search', asked],
    enabled: asked !== '',
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (known) => known,
    queryFn: () => gateway.api.docs.search.query({ q: asked }),
  });
  const hits = asked === '' ? [] : (data?.items ?? []);
  return (
    <div className="docs-search" role="search">
      <SearchField
        onKeyDown={(event) => {
          if (event.key === 'Escape') setWords('');
        }}
        label={t('docs.search')}
        value={words}
        onChange={setWords}
      />
      {asked === '' ? null : (
        <div className="docs-hits" role="region" aria-label={t('docs.results')}>
          {data && hits.length === 0 ? <p className="small faint pad">{t('docs.noHit')}</p> : null}
          <ul>
            {hits.map(({ name, title, heading, anchor, excerpt }) => (
              <li key={`${name}#${anchor}`}>
                <Link to={`${docAddress(name)}${anchor ? `#${anchor}` : ''}`} onClick={() => setWords('')}>
                  <strong>{heading}</strong> <span className="small faint">{title}</span>
                  <span className="small muted">{excerpt}</span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
