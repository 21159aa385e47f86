import type { ReactNode } from 'react';
import { badgeOf } from '../../parts/outcome.ts';
import type { TextKey } from '../../text/en.ts';
import type { useText } from '../../text/text.tsx';
import { backendOf, type RequestRow } from './request-entry.ts';

/** How a cell writes its value. */
interface Shown extends ReturnType<typeof useText> {
  keyName(row: RequestRow): string;
}

export interface RequestColumn {
  readonly id: string;
  readonly head: TextKey;
  readonly isNumber?: boolean;
  readonly className?: string;
  /** Only who chooses it sees it. */
  readonly isExtra?: boolean;
  cell(row: RequestRow, shown: Shown): ReactNode;
}

/** The columns beside the time, which opens the request and so is always there. */
export const requestColumns: readonly RequestColumn[] = [
  {
    id: 'outcome',
    head: 'requests.outcome',
    className: 'c-outcome',
    cell: ({ outcome }) => <span className={`badge ${badgeOf(outcome)}`}>{outcome}</span>,
  },
  {
    id: 'model',
    head: 'requests.modelAndBackend',
    className: 'c-model',
    cell: (row) => (
      <>
        <div>{row.model}</div>
        <div className="small faint truncate bk" title={backendOf(row)}>
          {backendOf(row)}
        </div>
      </>
    ),
  },
  {
    id: 'operation',
    head: 'requests.operation',
    isExtra: true,
    cell: ({ operation }) => <code>{operation}</code>,
  },
  {
    id: 'tries',
    head: 'requests.tries',
    isNumber: true,
    cell: ({ attempts: { length } }) => (length > 1 ? <span className="badge warn tnum">{length}</span> : length),
  },
  {
    id: 'key',
    head: 'keys.key',
    className: 'c-key small',
    cell: (row, { keyName }) => (
      <div className="truncate who-c" title={keyName(row)}>
        {keyName(row)}
      </div>
    ),
  },
  {
    id: 'owner',
    head: 'keys.owner',
    className: 'small',
    isExtra: true,
    cell: ({ owner }) => (
      <div className="truncate who-c" title={owner ?? undefined}>
        {owner ?? '–'}
      </div>
    ),
  },
  {
    id: 'tokens',
    head: 'usage.tokens',
    isNumber: true,
    cell: (row, { number }) => number(row.prompt_tokens + row.completion_tokens),
  },
  {
    id: 'cached',
    head: 'requests.promptCached',
    isNumber: true,
    isExtra: true,
    cell: ({ cached_tokens }, { number }) => number(cached_tokens),
  },
  {
    id: 'first',
    head: 'requests.firstToken',
    isNumber: true,
    isExtra: true,
    cell: ({ first_token_ms: ms }, { milliseconds }) => (ms === null ? '–' : milliseconds(ms)),
  },
  {
    id: 'took',
    head: 'requests.took',
    isNumber: true,
    cell: ({ latency_ms }, { milliseconds }) => milliseconds(latency_ms),
  },
  { id: 'cost', head: 'usage.cost', isNumber: true, cell: ({ cost_usd }, { money }) => money(cost_usd) },
];
