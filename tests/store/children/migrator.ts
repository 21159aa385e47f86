// Prints `ready`, waits for a line, applies the migrations and prints how many there were to apply.
import { once } from 'node:events';
import { migrate } from '../../../server/store/migrate.ts';

const [path = '', migrationsDir = ''] = process.argv.slice(2);
console.log('ready');
await once(process.stdin, 'data');
console.log((await migrate(path, migrationsDir)).length);
process.exit();
