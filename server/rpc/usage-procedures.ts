import { BillingSubscription, BillingUsage, BillingUsageRequest } from '../../contracts/usage/billing.ts';
import {
  ListUsageRequest,
  type UsageAttempt,
  UsageEntry,
  UsageEntryList,
  UsageItem,
  UsageReport,
  UsageReportRequest,
  usageDimensions,
} from '../../contracts/usage/usage.ts';
import { listUsage } from '../features/usage/list-usage.ts';
import { reportUsage } from '../features/usage/report-usage.ts';
import { toCsv } from '../features/usage/to-csv.ts';
import { showBillingUsage, showSubscription } from '../features/wallets/show-billing.ts';
import type { Store } from '../store/interface/store.ts';
import { documented, type Meta, procedure } from './trpc.ts';

const at = (path: `/${string}`, summary: string): Meta => ({
  openapi: { method: 'GET', path, tags: ['accounts'], summary, errorResponses: [400, 403, 503] },
});

const reportToCsv = (output: unknown): string => {
  const { items } = UsageReport.parse(output);
  // Of what it could be kept apart by, only what it is.
  const absent = new Set<string>([...usageDimensions, 'key_name'].filter((name) => !(name in (items[0] ?? {}))));
  const shown = Object.keys(UsageItem.shape).filter((name) => !absent.has(name));
  return toCsv(shown, items);
};

/** In one cell: `gpu1/qwen upstream_unavailable, openrouter/qwen ok`. */
const namesOf = (attempts: readonly UsageAttempt[]): string =>
  attempts.map(({ backend, outcome }) => `${backend} ${outcome}`).join(', ');

const entriesToCsv = (output: unknown): string =>
  toCsv(
    Object.keys(UsageEntry.shape),
    UsageEntryList.parse(output).items.map((entry) => ({ ...entry, attempts: namesOf(entry.attempts) })),
  );

/** `api.usage`: of everybody for the administrator, of itself for a key. */
export const usageProcedures = (store: Pick<Store, 'usage' | 'keys'>) => ({
  report: documented(
    procedure
      .meta({ ...at('/api/usage', 'Sum up what was used'), csv: reportToCsv })
      .input(UsageReportRequest)
      .query(({ ctx, input }): Promise<UsageReport> => reportUsage(store, input, ctx.caller.principal)),
    UsageReport,
  ),
  list: documented(
    procedure
      .meta({ ...at('/api/usage/requests', 'List requests with what they used'), csv: entriesToCsv })
      .input(ListUsageRequest)
      .query(({ ctx, input }): Promise<UsageEntryList> => listUsage(store, input, ctx.caller.principal)),
    UsageEntryList,
  ),
});

/** For tools that show what is left of a key in the way of OpenAI's former dashboard. */
export const billingProcedures = (store: Pick<Store, 'wallets' | 'keys'>) => ({
  subscription: documented(
    procedure
      .meta(at('/v1/dashboard/billing/subscription', 'What there was to spend'))
      .query(({ ctx }): Promise<BillingSubscription> => showSubscription(store, ctx.caller.principal)),
    BillingSubscription,
  ),
  usage: documented(
    procedure
      .meta(at('/v1/dashboard/billing/usage', 'What was spent'))
      .input(BillingUsageRequest)
      .query(({ ctx, input }): Promise<BillingUsage> => showBillingUsage(store, input, ctx.caller.principal)),
    BillingUsage,
  ),
});
