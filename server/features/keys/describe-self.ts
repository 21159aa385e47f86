import type { Self } from '../../../contracts/keys/self.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Principal } from '../access/caller.ts';
import { toUsd } from '../metering/micro-usd.ts';
import { showKey } from './show-key.ts';

export interface SelfDeps extends Pick<Store, 'keys' | 'wallets'> {
  /** Whether the administrator may read the conversations of others. */
  readonly showsOthers: boolean;
}

/** `GET /api/self` */
export async function describeSelf(
  { keys, wallets, showsOthers }: SelfDeps,
  { role, keyId, owner }: Principal,
): Promise<Self> {
  const reads_conversations = showsOthers && role === 'admin';
  if (keyId === null || owner === null) return { role, key: null, wallet: null, spent: null, reads_conversations };
  await wallets.flush();
  const [row, wallet, spent] = await Promise.all([
    keys.find(keyId),
    wallets.find(owner),
    wallets.spent(keyId, new Date()),
  ]);
  return {
    role,
    reads_conversations,
    key: row && showKey(row),
    wallet: { owner, balance_usd: toUsd(wallet?.balance ?? 0), held_usd: toUsd(wallet?.held ?? 0) },
    spent: { today_usd: toUsd(spent.day), month_usd: toUsd(spent.month) },
  };
}
