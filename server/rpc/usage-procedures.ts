import {
  ListUsageRequest,
  type UsageAttempt,
  UsageEntry,
  UsageEntryList,
  UsageItem,
  UsageReport,
  UsageReportRequest,
  usageDimensions,
  usageTimes,
} from '../../contracts/usage/usage.ts';
import { listUsage } from '../features/usage/list-usage.ts';
import { reportUsage } from '../features/usage/report-usage.ts';
import { toCsv } from '../features/usage/to-csv.ts';
import type { Store } from '../store/interface/store.ts';
import { describeAccounts } from './describe-accounts.ts';
import { shows } from './output.ts';
import { procedure } from './trpc.ts';

const errors = [400, 403, 503];

const reportToCsv = ({ items }: UsageReport): string => {
  // The columns that the report can be grouped by are shown only when it is grouped by them.
  const optional = [...usageDimensions, 'key_name', ...Object.keys(usageTimes)];
  const absent = new Set<string>(optional.filter((name) => !(name in (items[0] ?? {}))));
  const shown = Object.keys(UsageItem.shape).filter((name) => !absent.has(name));
  return toCsv(shown, items);
};

/** The attempts in one cell: `gpu1/qwen upstream_unavailable, openrouter/qwen ok`. */
const namesOf = (attempts: readonly UsageAttempt[]): string =>
  attempts.map(({ backend, outcome }) => `${backend} ${outcome}`).join(', ');

/** The price in one cell: `input_usd 0.15, cached_input_usd 0.075`. */
const cellOf = (price: UsageEntry['price']): string | null =>
  price &&
  Object.entries(price)
    .map(([name, usd]) => `${name} ${usd}`)
    .join(', ');

const entriesToCsv = ({ items }: UsageEntryList): string =>
  toCsv(
    Object.keys(UsageEntry.shape),
    items.map((entry) => ({ ...entry, price: cellOf(entry.price), attempts: namesOf(entry.attempts) })),
  );

/** `api.usage`: the administrator sees everybody's usage, a key its own. */
export const usageProcedures = (store: Pick<Store, 'usage' | 'keys'>) => ({
  report: procedure
    .meta(describeAccounts('GET', '/api/usage', 'Sum up what was used', { errors }))
    .input(UsageReportRequest)
    .output(shows(UsageReport, (report: UsageReport) => report, { csv: reportToCsv }))
    .query(({ ctx, input }) => reportUsage(store, input, ctx.caller.principal)),
  list: procedure
    .meta(describeAccounts('GET', '/api/usage/requests', 'List requests with what they used', { errors }))
    .input(ListUsageRequest)
    .output(shows(UsageEntryList, (list: UsageEntryList) => list, { csv: entriesToCsv }))
    .query(({ ctx, input }) => listUsage(store, input, ctx.caller.principal)),
});
