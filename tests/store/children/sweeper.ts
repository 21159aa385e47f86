// Becomes an lock of the database that is named, which sweeps away what dead ones left, says `ok`, and goes.
import { ProcessLock } from '../../../server/store/process-lock.ts';

const lock = await ProcessLock.claim(process.argv[2] ?? '');
console.log('ok');
lock.release();
