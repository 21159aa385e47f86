import type { BillingSubscription, BillingUsage, BillingUsageRequest } from '../../../contracts/wallets/billing.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Principal } from '../access/caller.ts';
import { toUsd } from '../metering/micro-usd.ts';

type BillingDeps = Pick<Store, 'wallets' | 'keys'>;

/** The limit that is shown for a key without a limit. Gateways of the new-api family use the same number. */
const NO_LIMIT_USD = 100_000_000;

const toCents = (micro: number) => micro / 10_000;

/** `GET /v1/dashboard/billing/subscription` */
export async function showSubscription(
  { wallets, keys }: BillingDeps,
  { owner, keyId }: Principal,
): Promise<BillingSubscription> {
  await wallets.flush();
  const [wallet, spent, key] =
    owner === null || keyId === null
      ? [null, [], null]
      : await Promise.all([wallets.find(owner), wallets.spentByDay(owner), keys.find(keyId)]);
  const credit = spent.reduce((sum, { amount }) => sum + amount, wallet?.balance ?? 0);
  const limit = owner === null ? NO_LIMIT_USD : toUsd(credit);
  return {
    object: 'billing_subscription',
    has_payment_method: true,
    soft_limit_usd: limit,
    hard_limit_usd: limit,
    system_hard_limit_usd: limit,
    access_until: Math.floor((key?.expiresAt?.getTime() ?? 0) / 1000),
  };
}

/** `GET /v1/dashboard/billing/usage` */
export async function showBillingUsage(
  { wallets }: Pick<BillingDeps, 'wallets'>,
  { start_date = '', end_date = '9999' }: BillingUsageRequest,
  { owner }: Principal,
): Promise<BillingUsage> {
  await wallets.flush();
  const spent = await wallets.spentByDay(owner);
  return {
    object: 'list',
    total_usage: toCents(spent.reduce((sum, { amount }) => sum + amount, 0)),
    daily_costs: spent
      .filter(({ day }) => day >= start_date && day < end_date)
      .map(({ day, amount }) => ({
        timestamp: Date.parse(day) / 1000,
        line_items: [{ name: 'requests', cost: toCents(amount) }],
      })),
  };
}
