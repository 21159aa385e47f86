import {
  ListUserBudgetsRequest,
  SetUserBudgetRequest,
  UserBudget,
  UserBudgetList,
  UserBudgetRef,
} from '../../contracts/wallets/user-budget.ts';
import {
  LedgerEntryList,
  ListEntriesRequest,
  ListWalletsRequest,
  PostEntryRequest,
  Wallet,
  WalletList,
  WalletRef,
} from '../../contracts/wallets/wallet.ts';
import {
  getUserBudget,
  listUserBudgets,
  removeUserBudget,
  setUserBudget,
} from '../features/wallets/manage-user-budgets.ts';
import { addEntry, getWallet, listEntries, listWallets } from '../features/wallets/manage-wallets.ts';
import type { Store } from '../store/interface/store.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.wallets.users`: for the administrator. A key can read the budgets of its own owner. */
const userBudgetProcedures = (store: Pick<Store, 'userBudgets' | 'audit'>) => ({
  list: procedure
    .meta(describeAccounts('GET', '/api/wallets/{owner}/users', 'List the budgets of end users'))
    .input(ListUserBudgetsRequest)
    .output(answers(UserBudgetList))
    .query(({ ctx, input }) => listUserBudgets(store, input, ctx.caller.principal)),
  get: procedure
    .meta(describeAccounts('GET', '/api/wallets/{owner}/users/{user_id}', 'Get the budget of an end user'))
    .input(UserBudgetRef)
    .output(answers(UserBudget))
    .query(({ ctx, input }) => getUserBudget(store, input, ctx.caller.principal)),
  set: procedure
    .meta(describeAccounts('POST', '/api/wallets/{owner}/users', 'Set the budget of an end user'))
    .input(SetUserBudgetRequest)
    .output(answers(UserBudget))
    .mutation(({ ctx, input }) => setUserBudget(store, input, ctx.caller.principal)),
  remove: procedure
    .meta(describeAccounts('DELETE', '/api/wallets/{owner}/users/{user_id}', 'Remove the budget of an end user'))
    .input(UserBudgetRef)
    .output(answers(UserBudget))
    .mutation(({ ctx, input }) => removeUserBudget(store, input, ctx.caller.principal)),
});

/** `api.wallets`: for the administrator; a key may read its owner's. */
export const walletProcedures = (store: Pick<Store, 'wallets' | 'userBudgets' | 'audit'>) => ({
  users: userBudgetProcedures(store),
  list: procedure
    .meta(describeAccounts('GET', '/api/wallets', 'List the wallets'))
    .input(ListWalletsRequest)
    .output(answers(WalletList))
    .query(({ ctx, input }) => listWallets(store, input, ctx.caller.principal)),
  get: procedure
    .meta(describeAccounts('GET', '/api/wallets/{owner}', 'Get a wallet'))
    .input(WalletRef)
    .output(answers(Wallet))
    .query(({ ctx, input }) => getWallet(store, input, ctx.caller.principal)),
  entries: procedure
    .meta(describeAccounts('GET', '/api/wallets/{owner}/entries', 'List the entries of a ledger'))
    .input(ListEntriesRequest)
    .output(answers(LedgerEntryList))
    .query(({ ctx, input }) => listEntries(store, input, ctx.caller.principal)),
  post: procedure
    .meta(describeAccounts('POST', '/api/wallets/{owner}/entries', 'Top a wallet up, or correct it'))
    .input(PostEntryRequest)
    .output(answers(Wallet))
    .mutation(({ ctx, input }) => addEntry(store, input, ctx.caller.principal)),
});
