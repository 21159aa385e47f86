import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { useGateway } from '../../app/session.tsx';
import type { RequestFilters } from './use-request-filters.ts';

export interface OutcomeSum {
  readonly name: string;
  readonly requests: number;
}

interface RequestSum {
  readonly requests: number;
  readonly failed: number;
  readonly costUsd: number;
}

/** A live list waits so many times as long as the last sums took: those of a million rows take seconds. */
const REST = 20;

/**
 * What the requests of a filter come to, and which outcomes there are to filter by. The gateway adds them up, again and
 * again while the list is live.
 */
export function useRequestSums(
  { asked, outcome, request }: RequestFilters,
  refetchInterval: number | false,
): {
  readonly outcomes: readonly OutcomeSum[];
  /** Null: it is not known yet, or one request is searched by its id. */
  readonly sum: RequestSum | null;
} {
  const gateway = useGateway();
  const { outcome: _, request_id: _id, ...rest } = asked;
  const tookMs = useRef(0);
  const { data } = useQuery({
    queryKey: ['request-sums', rest],
    placeholderData: (known) => known,
    refetchInterval: () => refetchInterval && Math.max(refetchInterval, REST * tookMs.current),
    async queryFn() {
      const begun = performance.now();
      const report = await gateway.api.usage.report.query({ ...rest, bucket: 'all', by: 'outcome' });
      tookMs.current = performance.now() - begun;
      return report;
    },
  });
  const items = data?.items ?? [];
  const outcomes = items
    .map((item) => ({ name: item.outcome ?? '', requests: item.requests }))
    .sort((a, b) => b.requests - a.requests);
  const found = outcome === '' ? data?.total : items.find((item) => item.outcome === outcome);
  const sum = found && { requests: found.requests, failed: found.failed, costUsd: found.cost_usd };
  return { outcomes, sum: request === '' ? (sum ?? null) : null };
}
