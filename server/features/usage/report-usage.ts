import {
  type UsageDimension,
  type UsageReport,
  type UsageReportRequest,
  type UsageSums,
  usageDimensions,
} from '../../../contracts/usage/usage.ts';
import type { Store } from '../../store/interface/store.ts';
import type { UsageColumn, UsageStore, UsageSum, UsageTimes, UsageTimesShape } from '../../store/interface/usage.ts';
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

interface Times {
  readonly of: (row: Pick<UsageSum, 'start' | 'values'>) => Partial<UsageSums>;
  readonly total: Partial<UsageSums>;
}

const showTimes = (times: UsageTimes | undefined): Partial<UsageSums> => ({
  latency_p50_ms: times?.latency.p50 ?? null,
  latency_p95_ms: times?.latency.p95 ?? null,
  first_token_p50_ms: times?.firstToken?.p50 ?? null,
  first_token_p95_ms: times?.firstToken?.p95 ?? null,
});

const keyOf = ({ start, values }: Pick<UsageSum, 'start' | 'values'>) => JSON.stringify([start, values]);

async function measure(usage: UsageStore, shape: UsageTimesShape): Promise<Times> {
  const rows = await usage.times(shape);
  const [total] = await usage.times({ ...shape, bucket: 'all', by: [], limit: 1 });
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  return { of: (row) => showTimes(known.get(keyOf(row))), total: showTimes(total) };
}

const notMeasured: Times = { of: () => ({}), total: {} };

/** `GET /api/usage` */
export async function reportUsage(
  { usage, keys }: Pick<Store, 'usage' | 'keys'>,
  request: UsageReportRequest,
  principal: Principal,
): Promise<UsageReport> {
  const filter = toFilter(request, principal);
  const { bucket = 'day', by = '', percentiles = false } = request;
  const dimensions = usageDimensions.filter((name) => by.split(',').includes(name));
  const shape = { bucket, by: dimensions.map((name) => columns[name]), limit: MOST_ITEMS + 1 };
  await usage.flush();
  const rows = await usage.sum(filter, shape);
  const [total = nothing] = await usage.sum(filter, { bucket: 'all', by: [], limit: 1 });
  const times = percentiles ? await measure(usage, { filter, ...shape }) : notMeasured;
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
      ...times.of(row),
    })),
    total: { ...showSums(total), ...times.total },
    truncated: rows.length > MOST_ITEMS,
  };
}
