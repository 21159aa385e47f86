import type { OwnKey } from '../../../contracts/keys/own-key.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Principal } from '../access/caller.ts';
import { toUsd } from '../metering/micro-usd.ts';
import { showKey } from './show-key.ts';

/** `GET /api/keys/me`: limits, budgets, models and money of the key that asks. */
export async function showOwnKey(
  { keys, wallets }: Pick<Store, 'keys' | 'wallets'>,
  { keyId }: Principal,
): Promise<OwnKey> {
  const key = keyId === null ? null : await keys.find(keyId);
  if (!key) {
    throw new AppError(
      'key_not_found',
      "The administrator's bearer has no limits and no wallet. Ask for a key by its id: GET /api/keys/{key_id}.",
    );
  }
  await wallets.flush();
  const [wallet, spent] = await Promise.all([wallets.find(key.owner), wallets.spent(key.id, new Date())]);
  return {
    ...showKey(key),
    wallet: { owner: key.owner, balance_usd: toUsd(wallet?.balance ?? 0), held_usd: toUsd(wallet?.held ?? 0) },
    spent_today_usd: toUsd(spent.day),
    spent_this_month_usd: toUsd(spent.month),
  };
}
