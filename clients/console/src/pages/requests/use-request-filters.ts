import { useState } from 'react';
import { useSearchParams } from 'wouter';

const HOUR_MS = 3_600_000;

/** How far back the list goes, in hours, by the name in the address. */
const hours = { '1h': 1, '24h': 24, '7d': 7 * 24, '30d': 30 * 24 } as const;
export type Span = keyof typeof hours;
/** The period that the gateway takes when it is asked for none. */
const LONGEST: Span = '30d';

const isSpan = (name: string): name is Span => Object.hasOwn(hours, name);
export const spans: readonly Span[] = Object.keys(hours).filter(isSpan);

/** When a period begins, rounded to a minute, so that the key of the query stays the same for a while. */
const beginOf = (span: Span): string => {
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  return new Date(now - hours[span] * HOUR_MS).toISOString();
};

/** The fields of the query that a filter of this name in the address sets. */
const fields = {
  model: 'model',
  outcome: 'outcome',
  key: 'key_id',
  provider: 'provider',
  request: 'request_id',
} as const;
type FilterName = keyof typeof fields;
const filterNames: readonly FilterName[] = ['model', 'outcome', 'key', 'provider', 'request'];

export interface RequestFilters extends Readonly<Record<FilterName, string>> {
  readonly span: Span;
  /** The request that is shown. */
  readonly open: string;
  readonly offset: number;
  /** The filters as fields of the query. */
  readonly asked: Readonly<Record<string, string>>;
  readonly isFiltered: boolean;
  set(name: FilterName | 'span' | 'open', value: string): void;
  setOffset(offset: number): void;
  clear(): void;
}

/** The filters of the list. They stand in the address, so that you can send it to somebody. */
export function useRequestFilters(): RequestFilters {
  const [params, setParams] = useSearchParams();
  const [offset, setOffset] = useState(0);
  const read = (name: string) => params.get(name) ?? '';
  const named = read('span');
  const span: Span = isSpan(named) ? named : LONGEST;
  const chosen = filterNames.filter((name) => read(name) !== '');
  const asked = chosen.map((name): [string, string] => [fields[name], read(name)]);
  if (span !== LONGEST) asked.push(['from', beginOf(span)]);
  return {
    model: read('model'),
    outcome: read('outcome'),
    key: read('key'),
    provider: read('provider'),
    request: read('request'),
    span,
    open: read('open'),
    offset,
    asked: Object.fromEntries(asked),
    isFiltered: chosen.length > 0 || span !== LONGEST,
    set(name, value) {
      if (name !== 'open') setOffset(0);
      setParams((known) => {
        const next = new URLSearchParams(known);
        if (value === '' || (name === 'span' && value === LONGEST)) next.delete(name);
        else next.set(name, value);
        return next;
      });
    },
    setOffset,
    clear() {
      setOffset(0);
      setParams(new URLSearchParams());
    },
  };
}
