import {
  type UsageDimension,
  type UsageReport,
  type UsageReportRequest,
  type UsageSums,
  usageDimensions,
} from '../../../contracts/usage/usage.ts';
import type { Store } from '../../store/interface/store.ts';
import type { UsageColumn, UsageSum } from '../../store/interface/usage.ts';
import type { Principal } from '../access/caller.ts';
import { toUsd } from '../metering/micro-usd.ts';
import { nameKeys } from './name-keys.ts';
import { toFilter } from './usage-filter.ts';

const MOST_ITEMS = 10_000;

const columns: Readonly<Record<UsageDimension, UsageColumn>> = {
  model: 'alias',
  provider: 'provider',
  operation: 'operation',
  outcome: 'outcome',
  key_id: 'keyId',
  owner: 'owner',
  group: 'group',
};

const round = (ms: number | null) => ms && Math.round(ms);

const showSums = (sum: UsageSum): UsageSums => ({
  requests: sum.requests,
  failed: sum.failed,
  prompt_tokens: sum.promptTokens,
  cached_tokens: sum.cachedTokens,
  completion_tokens: sum.completionTokens,
  reasoning_tokens: sum.reasoningTokens,
  cost_usd: toUsd(sum.cost),
  latency_ms: round(sum.latencyMs),
  first_token_ms: round(sum.firstTokenMs),
});

const nothing: UsageSum = {
  start: null,
  values: [],
  requests: 0,
  failed: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  cost: 0,
  latencyMs: null,
  firstTokenMs: null,
};

/** `GET /api/usage` */
export async function reportUsage(
  { usage, keys }: Pick<Store, 'usage' | 'keys'>,
  request: UsageReportRequest,
  principal: Principal,
): Promise<UsageReport> {
  const filter = toFilter(request, principal);
  const { bucket = 'day', by = '' } = request;
  const dimensions = usageDimensions.filter((name) => by.split(',').includes(name));
  const shape = { bucket, by: dimensions.map((name) => columns[name]), limit: MOST_ITEMS + 1 };
  await usage.flush();
  const rows = await usage.sum(filter, shape);
  const [total = nothing] = await usage.sum(filter, { bucket: 'all', by: [], limit: 1 });
  const shown = rows.slice(0, MOST_ITEMS);
  const keyAt = dimensions.indexOf('key_id');
  const nameOf = await nameKeys(
    keys,
    shown.map(({ values }) => values[keyAt]),
  );
  return {
    items: shown.map((row) => ({
      start: row.start?.toISOString() ?? null,
      ...Object.fromEntries(dimensions.map((name, i) => [name, row.values[i] ?? null])),
      ...(keyAt >= 0 && { key_name: nameOf(row.values[keyAt]) }),
      ...showSums(row),
    })),
    total: showSums(total),
    truncated: rows.length > MOST_ITEMS,
  };
}
