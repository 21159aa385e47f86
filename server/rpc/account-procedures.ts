import {
  ApiKey,
  CreatedKey,
  CreateKeyRequest,
  KeyList,
  KeyRef,
  ListKeysRequest,
  UpdateKeyRequest,
} from '../../contracts/keys/key.ts';
import { OwnKey } from '../../contracts/keys/own-key.ts';
import { Self } from '../../contracts/keys/self.ts';
import { AuditList, ListAuditRequest } from '../../contracts/system/audit.ts';
import { ReloadReport } from '../../contracts/system/reload.ts';
import { Started, StartRequest } from '../../contracts/system/start.ts';
import { GatewayStatus } from '../../contracts/system/status.ts';
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
import { exchangeStartCode, type StartCode } from '../features/access/start-code.ts';
import { describeSelf } from '../features/keys/describe-self.ts';
import {
  createKey,
  getKey,
  type KeyDeps,
  listKeys,
  revokeKey,
  rotateKey,
  updateKey,
} from '../features/keys/manage-keys.ts';
import { showOwnKey } from '../features/keys/show-own-key.ts';
import { listAudit } from '../features/system/list-audit.ts';
import { type ModelsSource, reloadModels } from '../features/system/reload-models.ts';
import { showStatus } from '../features/system/show-status.ts';
import {
  getUserBudget,
  listUserBudgets,
  removeUserBudget,
  setUserBudget,
} from '../features/wallets/manage-user-budgets.ts';
import { getWallet, listEntries, listWallets, postEntry } from '../features/wallets/manage-wallets.ts';
import type { Store } from '../store/interface/store.ts';
import { describeOperations } from './describe-operations.ts';
import { answers } from './output.ts';
import { describeSystem } from './system-procedures.ts';
import { procedure, publicProcedure } from './trpc.ts';

/** Describes operations of the administrator, and of keys that ask about themselves. */
export const describeAccounts = describeOperations(
  {
    name: 'accounts',
    about: "Keys, wallets and the audit, for the administrator's bearer alone; usage, for keys also.",
  },
  () => [400, 403, 404, 503],
);

/** `api.keys`, for the administrator; `me` is for every key. */
export const keyProcedures = (deps: KeyDeps) => ({
  create: procedure
    .meta(describeAccounts('POST', '/api/keys', 'Create a key'))
    .input(CreateKeyRequest)
    .output(answers(CreatedKey))
    .mutation(({ ctx, input }) => createKey(deps, input, ctx.caller.principal)),
  list: procedure
    .meta(describeAccounts('GET', '/api/keys', 'List the keys'))
    .input(ListKeysRequest)
    .output(answers(KeyList))
    .query(({ ctx, input }) => listKeys(deps, input, ctx.caller.principal)),
  me: procedure
    .meta(describeAccounts('GET', '/api/keys/me', 'Show the key that asks'))
    .output(answers(OwnKey))
    .query(({ ctx }) => showOwnKey(deps.store, ctx.caller.principal)),
  get: procedure
    .meta(describeAccounts('GET', '/api/keys/{key_id}', 'Get a key'))
    .input(KeyRef)
    .output(answers(ApiKey))
    .query(({ ctx, input }) => getKey(deps, input, ctx.caller.principal)),
  update: procedure
    .meta(describeAccounts('PATCH', '/api/keys/{key_id}', 'Change a key'))
    .input(UpdateKeyRequest)
    .output(answers(ApiKey))
    .mutation(({ ctx, input }) => updateKey(deps, input, ctx.caller.principal)),
  rotate: procedure
    .meta(describeAccounts('POST', '/api/keys/{key_id}/rotate', 'Give a key a new secret'))
    .input(KeyRef)
    .output(answers(CreatedKey))
    .mutation(({ ctx, input }) => rotateKey(deps, input, ctx.caller.principal)),
  revoke: procedure
    .meta(describeAccounts('DELETE', '/api/keys/{key_id}', 'Revoke a key'))
    .input(KeyRef)
    .output(answers(ApiKey))
    .mutation(({ ctx, input }) => revokeKey(deps, input, ctx.caller.principal)),
});

/** `api.self`, for every key. */
export const selfProcedure = (store: Pick<Store, 'keys' | 'wallets'>) =>
  procedure
    .meta(describeAccounts('GET', '/api/self', 'Show the key of this request, its limits and its balance'))
    .output(answers(Self))
    .query(({ ctx }) => describeSelf(store, ctx.caller.principal));

/** `api.wallets.users`: for the administrator; a key may read those of its owner. */
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
    .mutation(({ ctx, input }) => postEntry(store, input, ctx.caller.principal)),
});

/** `api.audit`, for the administrator only. */
export const auditProcedure = ({ audit }: Pick<Store, 'audit'>) =>
  procedure
    .meta(describeAccounts('GET', '/api/audit', 'List what administrators changed'))
    .input(ListAuditRequest)
    .output(answers(AuditList))
    .query(({ ctx, input }) => listAudit(audit, input, ctx.caller.principal));

/** `api.reload`, for the administrator only. */
export const reloadProcedure = (source: Pick<ModelsSource, 'reload'>, { audit }: Pick<Store, 'audit'>) =>
  procedure
    .meta(
      describeAccounts('POST', '/api/reload', 'Put the models file into effect', {
        description:
          'Reads the models file and the key files that it names again. Requests under way keep the models that they began with.',
        errors: [403, 422, 503],
      }),
    )
    .output(answers(ReloadReport))
    .mutation(({ ctx }) => reloadModels(source, audit, ctx.caller.principal));

export const statusProcedure = (version: string) =>
  publicProcedure
    .meta(describeSystem('GET', '/api/status', 'Version and uptime', { open: true }))
    .output(answers(GatewayStatus))
    .query(() => showStatus(version));

/** `api.start`: the code is what is shown in the place of a key. */
export const startProcedure = (start: StartCode | null) =>
  publicProcedure
    .meta(
      describeAccounts('GET', '/api/start', 'Exchange the code of the start link for the bearer', {
        description: 'The start prints the link where `START_LINK` says so. Its code works once, within ten minutes.',
        errors: [400, 401],
        open: true,
      }),
    )
    .input(StartRequest)
    .output(answers(Started))
    .query(({ input }) => exchangeStartCode(start, input.code));
