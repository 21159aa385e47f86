import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listOperations, listProcedures, metaOf } from '../../server/http/list-operations.ts';
import { openRouter } from '../support/open-router.ts';
import { root } from '../support/start-gateway.ts';

const page = join(root, 'docs/trpc.md');
const TABLE = /(?<=## Procedures\n\n)(?:\|.*\n)+/;

const withStream = (method: string) => (method === 'GET' ? ' with `stream=true`' : ' with `"stream": true`');

/** Every procedure of the router, with its kind and its place on REST. */
async function renderTable(): Promise<string> {
  const router = await openRouter();
  const operations = new Map(listOperations(router).map((operation) => [operation.name, operation]));
  const rows = listProcedures(router).map(([name, procedure]) => {
    const { streams } = metaOf(procedure);
    const place = operations.get(streams ? name.replace(/\w+$/, streams) : name);
    const kind = `${procedure._def.type}${place?.isOpen ? ', open' : ''}`;
    const rest = place ? `\`${place.method} ${place.path}\`${streams ? withStream(place.method) : ''}` : '–';
    return `| \`${name}\` | ${kind} | ${rest} |\n`;
  });
  return `| procedure | kind | REST |\n| --- | --- | --- |\n${rows.join('')}`;
}

// `npm test -- tests/docs/procedures.test.ts -u` writes the table anew.
test('the table of procedures is that of the router', async () => {
  const table = await renderTable();
  await expect(readFileSync(page, 'utf8').replace(TABLE, table)).toMatchFileSnapshot(page);
});
