// Prints `ready`, then spends at random from the wallets that are named, for ever, with a line of JSON after each round.
import { openStore } from '../../../server/store/open-store.ts';
import { Random } from '../../support/random.ts';
import { spendRandomly } from '../spend-randomly.ts';

const [url = '', migrationsDir = '', seed = '0', first = '', ...others] = process.argv.slice(2);
const store = await openStore({ url, migrationsDir });
const random = new Random(Number(seed));
console.log('ready');
for (;;) {
  const spent = await spendRandomly(store, random, { owners: [first, ...others], operations: 100, abandon: 0.1 });
  console.log(JSON.stringify(spent));
}
