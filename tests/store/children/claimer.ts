// Claims the process lock of a database so many times, and prints how often others took this process for dead meanwhile.
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { ProcessLock } from '../../../server/store/process-lock.ts';

const [path = '', times = ''] = process.argv.slice(2);
let lost = 0;
for (let i = 0; i < Number(times); i++) {
  const lock = await ProcessLock.claim(path);
  await wait(Math.random() * 6);
  if (!existsSync(`${path}-owner-${lock.id}`)) lost++;
  lock.release();
}
console.log(lost);
