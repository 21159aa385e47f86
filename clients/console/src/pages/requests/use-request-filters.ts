import { useState } from 'react';
import { useSearchParams } from 'wouter';

const HOUR_MS = 3_600_000;

/** How far back the list goes, in hours, by the name in the address. */
const hours = { '1h': 1, '24h': 24, '7d': 7 * 24, '30d': 30 * 24 } as const;
export type Span = keyof typeof hours;
/** As far as the gateway looks by itself. */
const LONGEST: Span = '30d';

const isSpan = (name: string): name is Span => Object.hasOwn(hours, name);
export const spans: readonly Span[] = Object.keys(hours).filter(isSpan);

/** Rounded, so that the same question has the same answer for a while. */
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
  /** As the gateway is asked. */
  readonly asked: Readonly<Record<string, string>>;
  readonly isFiltered: boolean;
  set(name: 'request' | 'model' | 'outcome' | 'span' | 'open', value: string): void;
  setOffset(offset: number): void;
  clear(): void;
}

/** What is looked for stands in the address, so that it can be sent to somebody. */
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
