import { BillingSubscription, BillingUsage, BillingUsageRequest } from '../../contracts/wallets/billing.ts';
import { showBillingUsage, showSubscription } from '../features/wallets/show-billing.ts';
import type { Store } from '../store/interface/store.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

const errors = [400, 403, 503];

/** Serves tools that show the remaining budget of a key in the format of OpenAI's former dashboard. */
export const billingProcedures = (store: Pick<Store, 'wallets' | 'keys'>) => ({
  subscription: procedure
    .meta(describeAccounts('GET', '/v1/dashboard/billing/subscription', 'What there was to spend', { errors }))
    .output(answers(BillingSubscription))
    .query(({ ctx }) => showSubscription(store, ctx.caller.principal)),
  usage: procedure
    .meta(describeAccounts('GET', '/v1/dashboard/billing/usage', 'What was spent', { errors }))
    .input(BillingUsageRequest)
    .output(answers(BillingUsage))
    .query(({ ctx, input }) => showBillingUsage(store, input, ctx.caller.principal)),
});
