import { useState } from 'react';
import { parseJson } from '../../parts/json.ts';
import { type RequestColumn, requestColumns } from './request-columns.tsx';

/** In the browser: the ids of the columns that are shown, and nothing of any request. */
const STORED = 'duplex-columns';

const usual: readonly string[] = requestColumns.filter(({ isExtra }) => !isExtra).map(({ id }) => id);

function readShown(): readonly string[] {
  const kept = parseJson(localStorage.getItem(STORED) ?? '');
  return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string') : usual;
}

export interface Columns {
  readonly shown: readonly RequestColumn[];
  isShown(id: string): boolean;
  toggle(id: string): void;
}

/** Which columns the list of requests has. The choice outlives the tab. */
export function useColumns(): Columns {
  const [ids, setIds] = useState(readShown);
  const isShown = (id: string) => ids.includes(id);
  return {
    shown: requestColumns.filter(({ id }) => isShown(id)),
    isShown,
    toggle(id) {
      const next = isShown(id) ? ids.filter((known) => known !== id) : [...ids, id];
      localStorage.setItem(STORED, JSON.stringify(next));
      setIds(next);
    },
  };
}
