// Reserves an amount of an owner's wallet, prints `held` or why not, and stays until it is killed.
import { openStore } from '../../../server/store/open-store.ts';

const [url = '', migrationsDir = '', owner = '', amount = ''] = process.argv.slice(2);
const store = await openStore({ url, migrationsDir });
const reserved = await store.wallets.reserve({
  owner,
  keyId: null,
  requestId: 'held',
  least: Number(amount),
  most: Number(amount),
  dailyBudget: null,
  monthlyBudget: null,
});
console.log('refused' in reserved ? reserved.refused : 'held');
setInterval(() => undefined, 60_000);
