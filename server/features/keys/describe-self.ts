import type { Self } from '../../../contracts/keys/self.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Principal } from '../access/caller.ts';
import { toUsd } from '../metering/micro-usd.ts';
import { showKey } from './show-key.ts';

/** `GET /api/self` */
export async function describeSelf(
  { keys, wallets }: Pick<Store, 'keys' | 'wallets'>,
  { role, keyId, owner }: Principal,
): Promise<Self> {
  if (keyId === null || owner === null) return { role, key: null, wallet: null, spent: null };
  await wallets.flush();
  const [row, wallet, spent] = await Promise.all([
    keys.find(keyId),
    wallets.find(owner),
    wallets.spent(keyId, new Date()),
  ]);
  return {
    role,
    key: row && showKey(row),
    wallet: { owner, balance_usd: toUsd(wallet?.balance ?? 0), held_usd: toUsd(wallet?.held ?? 0) },
    spent: { today_usd: toUsd(spent.day), month_usd: toUsd(spent.month) },
  };
}
