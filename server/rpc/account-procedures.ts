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
import { GatewayStatus } from '../../contracts/system/status.ts';
import {
  LedgerEntryList,
  ListEntriesRequest,
  ListWalletsRequest,
  PostEntryRequest,
  Wallet,
  WalletList,
  WalletRef,
} from '../../contracts/wallets/wallet.ts';
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
import { showStatus } from '../features/system/show-status.ts';
import { getWallet, listEntries, listWallets, postEntry } from '../features/wallets/manage-wallets.ts';
import type { Store } from '../store/interface/store.ts';
import { documented, type Meta, procedure, publicProcedure } from './trpc.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const readErrors = [403, 404, 503];

const at = (method: Method, path: `/${string}`, summary: string): Meta => ({
  openapi: {
    method,
    path,
    tags: ['accounts'],
    summary,
    errorResponses: [400, ...readErrors],
  },
});

/** `api.keys`: for the administrator, but for `me`. */
export const keyProcedures = (deps: KeyDeps) => ({
  create: documented(
    procedure
      .meta(at('POST', '/api/keys', 'Create a key'))
      .input(CreateKeyRequest)
      .mutation(({ ctx, input }): Promise<CreatedKey> => createKey(deps, input, ctx.caller.principal)),
    CreatedKey,
  ),
  list: documented(
    procedure
      .meta(at('GET', '/api/keys', 'List the keys'))
      .input(ListKeysRequest)
      .query(({ ctx, input }): Promise<KeyList> => listKeys(deps, input, ctx.caller.principal)),
    KeyList,
  ),
  me: documented(
    procedure
      .meta(at('GET', '/api/keys/me', 'Show the key that asks'))
      .query(({ ctx }): Promise<OwnKey> => showOwnKey(deps.store, ctx.caller.principal)),
    OwnKey,
  ),
  get: documented(
    procedure
      .meta(at('GET', '/api/keys/{key_id}', 'Get a key'))
      .input(KeyRef)
      .query(({ ctx, input }): Promise<ApiKey> => getKey(deps, input, ctx.caller.principal)),
    ApiKey,
  ),
  update: documented(
    procedure
      .meta(at('PATCH', '/api/keys/{key_id}', 'Change a key'))
      .input(UpdateKeyRequest)
      .mutation(({ ctx, input }): Promise<ApiKey> => updateKey(deps, input, ctx.caller.principal)),
    ApiKey,
  ),
  rotate: documented(
    procedure
      .meta({ ...at('POST', '/api/keys/{key_id}/rotate', 'Give a key a new secret'), bodyOptional: true })
      .input(KeyRef)
      .mutation(({ ctx, input }): Promise<CreatedKey> => rotateKey(deps, input, ctx.caller.principal)),
    CreatedKey,
  ),
  revoke: documented(
    procedure
      .meta(at('DELETE', '/api/keys/{key_id}', 'Revoke a key'))
      .input(KeyRef)
      .mutation(({ ctx, input }): Promise<ApiKey> => revokeKey(deps, input, ctx.caller.principal)),
    ApiKey,
  ),
});

/** `api.self`: for every key. */
export const selfProcedure = (store: Pick<Store, 'keys' | 'wallets'>) =>
  documented(
    procedure
      .meta(at('GET', '/api/self', 'Show the key of this request, its limits and its balance'))
      .query(({ ctx }): Promise<Self> => describeSelf(store, ctx.caller.principal)),
    Self,
  );

/** `api.wallets`: for the administrator; a key may read its owner's. */
export const walletProcedures = (store: Pick<Store, 'wallets' | 'audit'>) => ({
  list: documented(
    procedure
      .meta(at('GET', '/api/wallets', 'List the wallets'))
      .input(ListWalletsRequest)
      .query(({ ctx, input }): Promise<WalletList> => listWallets(store, input, ctx.caller.principal)),
    WalletList,
  ),
  get: documented(
    procedure
      .meta(at('GET', '/api/wallets/{owner}', 'Get a wallet'))
      .input(WalletRef)
      .query(({ ctx, input }): Promise<Wallet> => getWallet(store, input, ctx.caller.principal)),
    Wallet,
  ),
  entries: documented(
    procedure
      .meta(at('GET', '/api/wallets/{owner}/entries', 'List the entries of a ledger'))
      .input(ListEntriesRequest)
      .query(({ ctx, input }): Promise<LedgerEntryList> => listEntries(store, input, ctx.caller.principal)),
    LedgerEntryList,
  ),
  post: documented(
    procedure
      .meta(at('POST', '/api/wallets/{owner}/entries', 'Top a wallet up, or correct it'))
      .input(PostEntryRequest)
      .mutation(({ ctx, input }): Promise<Wallet> => postEntry(store, input, ctx.caller.principal)),
    Wallet,
  ),
});

/** `api.audit`: for the administrator alone. */
export const auditProcedure = ({ audit }: Pick<Store, 'audit'>) =>
  documented(
    procedure
      .meta(at('GET', '/api/audit', 'List what administrators changed'))
      .input(ListAuditRequest)
      .query(({ ctx, input }): Promise<AuditList> => listAudit(audit, input, ctx.caller.principal)),
    AuditList,
  );

export const statusProcedure = (version: string) =>
  documented(
    publicProcedure
      .meta({
        openapi: {
          method: 'GET',
          path: '/api/status',
          tags: ['system'],
          summary: 'Version and uptime',
          protect: false,
          errorResponses: [500],
        },
      })
      .query((): GatewayStatus => showStatus(version)),
    GatewayStatus,
  );
