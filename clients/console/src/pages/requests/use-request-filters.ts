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

export interface RequestFilters {
  readonly request: string;
  readonly model: string;
  readonly outcome: string;
  readonly span: Span;
  /** The request that is shown. */
  readonly open: string;
  readonly offset: number;
  /** The filters as fields of the query. */
  readonly asked: Readonly<Record<string, string>>;
  readonly isFiltered: boolean;
  set(name: 'request' | 'model' | 'outcome' | 'span' | 'open', value: string): void;
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
  const [request, model, outcome] = [read('request'), read('model'), read('outcome')];
  const asked = Object.entries({ model, outcome, request_id: request, from: span === LONGEST ? '' : beginOf(span) });
  return {
    request,
    model,
    outcome,
    span,
    open: read('open'),
    offset,
    asked: Object.fromEntries(asked.filter(([, value]) => value !== '')),
    isFiltered: [request, model, outcome].some((value) => value !== '') || span !== LONGEST,
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
