import type {
  LedgerEntry,
  LedgerEntryList,
  ListEntriesRequest,
  ListWalletsRequest,
  PostEntryRequest,
  Wallet,
  WalletList,
  WalletRef,
} from '../../../contracts/wallets/wallet.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Store } from '../../store/interface/store.ts';
import type { LedgerRow, WalletRow } from '../../store/interface/wallets.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin, ensureOwner } from '../access/ensure-admin.ts';
import { toMicro, toUsd } from '../metering/micro-usd.ts';

type WalletDeps = Pick<Store, 'wallets' | 'audit'>;

const showWallet = ({ owner, balance, held }: Pick<WalletRow, 'owner' | 'balance' | 'held'>): Wallet => ({
  owner,
  balance_usd: toUsd(balance),
  held_usd: toUsd(held),
});

const kindOf = (kind: string): LedgerEntry['kind'] => (kind === 'top_up' || kind === 'charge' ? kind : 'correction');

const showEntry = (row: LedgerRow): LedgerEntry => ({
  id: row.key,
  at: row.at.toISOString(),
  kind: kindOf(row.kind),
  amount_usd: toUsd(row.amount),
  author: row.author,
  reason: row.reason,
  key_id: row.keyId,
  request_id: row.requestId,
});

const empty = (owner: string) => ({ owner, balance: 0, held: 0 });

/** `GET /api/wallets` */
export async function listWallets(
  { wallets }: WalletDeps,
  { limit = 100, offset = 0 }: ListWalletsRequest,
  principal: Principal,
): Promise<WalletList> {
  ensureAdmin(principal);
  return { items: (await wallets.list({ limit, offset })).map(showWallet) };
}

/** `GET /api/wallets/{owner}`. An owner without any money so far has an empty wallet. A key may read its owner's. */
export async function getWallet({ wallets }: WalletDeps, { owner }: WalletRef, principal: Principal): Promise<Wallet> {
  ensureOwner(principal, owner);
  return showWallet((await wallets.find(owner)) ?? empty(owner));
}

/** `GET /api/wallets/{owner}/entries`. A key may read its owner's. */
export async function listEntries(
  { wallets }: WalletDeps,
  { owner, limit = 100, offset = 0 }: ListEntriesRequest,
  principal: Principal,
): Promise<LedgerEntryList> {
  ensureOwner(principal, owner);
  return { items: (await wallets.entries(owner, { limit, offset })).map(showEntry) };
}

/** `POST /api/wallets/{owner}/entries` */
export async function addEntry(
  { wallets, audit }: WalletDeps,
  { owner, amount_usd, reason }: PostEntryRequest,
  principal: Principal,
): Promise<Wallet> {
  const actor = ensureAdmin(principal);
  const amount = toMicro(amount_usd);
  const kind = amount > 0 ? 'top_up' : 'correction';
  if (!(await wallets.addEntry({ owner, kind, amount, author: actor, reason }))) {
    throw invalidField('amount_usd', 'The available balance is lower than that amount.');
  }
  await audit.record({ actor, action: `wallets.${kind}`, subject: owner, details: { amount_usd, reason } });
  return showWallet((await wallets.find(owner)) ?? empty(owner));
}
