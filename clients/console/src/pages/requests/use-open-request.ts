import { useEffect } from 'react';
import { isShortcut } from '../../app/keyboard.tsx';
import { readLetters } from '../../app/letters.ts';
import type { RequestRow } from './request-entry.ts';
import type { RequestFilters } from './use-request-filters.ts';

type Move = (() => void) | null;

/** J and K lead to the older and the newer request, and Escape back to the list. */
function useMoves(moves: Readonly<Record<'j' | 'k' | 'Escape', Move>>): void {
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.defaultPrevented || !isShortcut(event)) return;
      if (event.key === 'Escape') moves.Escape?.();
      if ((event.key === 'j' || event.key === 'k') && readLetters()) moves[event.key]?.();
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}

/** The request that is shown beside the list, and where one goes from it. Null: there is no such place. */
export interface OpenRequest {
  readonly open: RequestRow | undefined;
  readonly onNewer: Move;
  readonly onOlder: Move;
  readonly onClose: Move;
}

export function useOpenRequest(filters: RequestFilters, items: readonly RequestRow[]): OpenRequest {
  const { set } = filters;
  const found = items.findIndex(({ request_id }) => request_id === filters.open);
  const at = found < 0 && filters.request !== '' && filters.open === '' ? 0 : found;
  const open = items[at];
  const moveTo = (to: number): Move => {
    const row = items[to];
    return row ? () => set('open', row.request_id) : null;
  };
  const onNewer = open ? moveTo(at - 1) : null;
  const onOlder = moveTo(at + 1);
  // A request that was found by its id is open, although the address does not name it in `open`.
  const onClose = open ? () => (filters.open === '' ? filters.clear() : set('open', '')) : null;
  useMoves({ j: onOlder, k: onNewer, Escape: onClose });
  return { open, onNewer, onOlder, onClose };
}
