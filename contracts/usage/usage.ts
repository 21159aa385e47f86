import { z } from 'zod';
import { Page } from '../keys/key.ts';
import { ModelPrice } from '../models/model.ts';
import { listOf } from '../schemas/list-of.ts';

const instant = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .describe('A time, or a day of UTC: its beginning.');

const filter = {
  from: instant.optional().describe('Inclusive. Default: 30 days before `to`.'),
  to: instant.optional().describe('Exclusive. Default: now.'),
  key_id: z.string().optional().describe('A key can only see its own requests.'),
  owner: z.string().optional(),
  group: z.string().optional(),
  model: z.string().optional().describe('An alias.'),
  provider: z.string().optional(),
  operation: z.string().optional().describe('Such as `v1.chat`.'),
  outcome: z.string().optional().describe('`ok`, `cancelled`, or an error code.'),
  format: z.enum(['json', 'csv']).optional().describe('On REST only: tRPC always returns the rows.'),
};

/** What sums can be kept apart by. */
export const usageDimensions = ['model', 'provider', 'operation', 'outcome', 'key_id', 'owner', 'group'] as const;
export type UsageDimension = (typeof usageDimensions)[number];

const isDimension = (name: string) => usageDimensions.some((known) => known === name);

/** `GET /api/usage`: sums over time. */
export const UsageReportRequest = z
  .object({
    ...filter,
    bucket: z.enum(['hour', 'day', 'month', 'all']).optional().describe('Of UTC. Default `day`.'),
    by: z
      .string()
      .refine((text) => text.split(',').every(isDimension), `must be some of ${usageDimensions.join(', ')}`)
      .optional()
      .describe(`What the sums are kept apart by: some of \`${usageDimensions.join('`, `')}\`, joined by commas.`),
    percentiles: z
      .boolean()
      .optional()
      .describe('With medians and 95th percentiles of the times, of those requests whose single rows are kept.'),
  })
  .meta({ id: 'UsageReportRequest' });
export type UsageReportRequest = z.infer<typeof UsageReportRequest>;

const sums = {
  requests: z.int(),
  failed: z.int().describe('Requests that ended with an error. Requests that the client cancelled are not counted.'),
  prompt_tokens: z.int(),
  cached_tokens: z.int().describe("Among the prompt's."),
  completion_tokens: z.int(),
  reasoning_tokens: z.int().describe("Among the completion's."),
  cost_usd: z.number().describe('The cost in USD. The administrator is not charged.'),
  latency_ms: z.number().nullable().describe('On average.'),
  first_token_ms: z.number().nullable().describe('On average, where something came.'),
};

const percentile = (what: string) => z.int().nullable().optional().describe(`With \`percentiles\`: ${what}`);

/** The fields that `percentiles` adds. */
export const usageTimes = {
  latency_p50_ms: percentile('the median of the total times.'),
  latency_p95_ms: percentile('95 % of the requests took at most this long.'),
  first_token_p50_ms: percentile('the median of the times to the first token.'),
  first_token_p95_ms: percentile('95 % of the first tokens took at most this long.'),
};

const dimension = z.string().nullable().optional();

export const UsageSums = z.object({ ...sums, ...usageTimes }).meta({ id: 'UsageSums' });
export type UsageSums = z.infer<typeof UsageSums>;

export const UsageItem = z
  .object({
    start: z.iso.datetime().nullable().describe('Of the bucket; null where all time is one.'),
    model: dimension,
    provider: dimension,
    operation: dimension,
    outcome: dimension,
    key_id: dimension,
    key_name: dimension.describe('With `key_id`: the name of that key.'),
    owner: dimension,
    group: dimension,
    ...sums,
    ...usageTimes,
  })
  .meta({ id: 'UsageItem' });
export type UsageItem = z.infer<typeof UsageItem>;

export const UsageReport = z
  .object({
    items: listOf(UsageItem).describe('Oldest first. Periods without a request are left out.'),
    total: UsageSums,
    truncated: z.boolean().describe('There are more than 10,000 items: ask for less time, or coarser.'),
  })
  .meta({ id: 'UsageReport' });
export type UsageReport = z.infer<typeof UsageReport>;

/** `GET /api/usage/requests`: single requests, newest first. Older requests that exist only as daily sums are not listed. */
export const ListUsageRequest = z
  .object({
    ...filter,
    conversation_id: z.string().optional(),
    request_id: z.string().optional().describe('As in `x-request-id`.'),
    ...Page,
  })
  .meta({ id: 'ListUsageRequest' });
export type ListUsageRequest = z.infer<typeof ListUsageRequest>;

export const UsageAttempt = z
  .object({
    backend: z.string().describe('`<provider>/<model>`.'),
    start_ms: z.int().describe('When it was sent, in ms after the request came.'),
    ms: z.int().describe('Until its answer began, or until it failed.'),
    outcome: z.string().describe('`ok` when an answer began, otherwise the code of the error.'),
  })
  .meta({ id: 'UsageAttempt' });
export type UsageAttempt = z.infer<typeof UsageAttempt>;

export const UsageEntry = z
  .object({
    request_id: z.string(),
    at: z.iso.datetime(),
    operation: z.string(),
    model: z.string().describe('The alias.'),
    provider: z.string().nullable(),
    upstream_model: z.string().nullable(),
    key_id: z.string().nullable(),
    key_name: z.string().nullable(),
    owner: z.string().nullable(),
    group: z.string().nullable(),
    conversation_id: z.string().nullable(),
    outcome: z.string(),
    prompt_tokens: z.int(),
    cached_tokens: z.int(),
    completion_tokens: z.int(),
    reasoning_tokens: z.int(),
    estimated: z.boolean().describe("The counts are the gateway's: the upstream gave none, or none that can be true."),
    cost_usd: z.number(),
    latency_ms: z.int(),
    first_token_ms: z.int().nullable(),
    cache_write_tokens: z.int().describe("Among the prompt's: what the upstream wrote into its cache."),
    asked_model: z.string().nullable().describe('The requested name, when it was mapped to the alias.'),
    attempts: listOf(UsageAttempt).describe(
      'The backends that were asked, one after the other; the first 20 are kept.',
    ),
    price: ModelPrice.nullable().describe(
      "By which the cost was calculated, with the ratio of the key's group; null: the model had none.",
    ),
  })
  .meta({ id: 'UsageEntry' });
export type UsageEntry = z.infer<typeof UsageEntry>;

export const UsageEntryList = z.object({ items: listOf(UsageEntry) }).meta({ id: 'UsageEntryList' });
export type UsageEntryList = z.infer<typeof UsageEntryList>;
