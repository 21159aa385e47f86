// Becomes an owner of the database that is named so many times, and prints how often others took it for dead meanwhile.
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ProcessLock } from '../../../server/store/process-lock.ts';

const [path = '', times = ''] = process.argv.slice(2);
let lost = 0;
for (let i = 0; i < Number(times); i++) {
  const owner = await ProcessLock.claim(path);
  await wait(Math.random() * 6);
  if (!existsSync(`${path}-owner-${owner.id}`)) lost++;
  owner.release();
}
console.log(lost);
