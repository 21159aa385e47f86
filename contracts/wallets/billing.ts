import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

/**
 * `GET /v1/dashboard/billing/subscription`, in the form that OpenAI's dashboard had until 2023 and that the new-api
 * family still serves: tools show `hard_limit_usd` less `total_usage / 100` as what is left.
 */
export const BillingSubscription = z
  .object({
    object: z.literal('billing_subscription'),
    has_payment_method: z.literal(true),
    soft_limit_usd: z.number(),
    hard_limit_usd: z.number().describe("What was ever put into the owner's wallet, less what was taken back."),
    system_hard_limit_usd: z.number(),
    access_until: z.int().describe('Unix time of the expiry, in seconds; 0: never.'),
  })
  .meta({ id: 'BillingSubscription' });
export type BillingSubscription = z.infer<typeof BillingSubscription>;

/** `GET /v1/dashboard/billing/usage`; the dates say which days are listed, and never change the total. */
export const BillingUsageRequest = z
  .object({
    start_date: z.iso.date().optional(),
    end_date: z.iso.date().optional().describe('Exclusive.'),
  })
  .meta({ id: 'BillingUsageRequest' });
export type BillingUsageRequest = z.infer<typeof BillingUsageRequest>;

export const BillingUsage = z
  .object({
    object: z.literal('list'),
    total_usage: z.number().describe("What the owner's keys ever spent, in hundredths of a USD."),
    daily_costs: listOf(
      z.object({
        timestamp: z.number().describe('Unix time of the day, in seconds.'),
        line_items: listOf(z.object({ name: z.string(), cost: z.number().describe('In hundredths of a USD.') })),
      }),
    ),
  })
  .meta({ id: 'BillingUsage' });
export type BillingUsage = z.infer<typeof BillingUsage>;
