// Claims the process lock of a database, which removes the locks of dead processes, prints `ok`, and ends.
import { ProcessLock } from '../../../server/store/process-lock.ts';

const lock = await ProcessLock.claim(process.argv[2] ?? '');
console.log('ok');
lock.release();
