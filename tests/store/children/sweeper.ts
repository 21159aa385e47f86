// Becomes an owner of the database that is named, which sweeps away what dead ones left, says `ok`, and goes.
import { Owner } from '../../../server/store/owner.ts';

const owner = await Owner.claim(process.argv[2] ?? '');
console.log('ok');
owner.release();
