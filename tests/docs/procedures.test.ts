import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listProcedures, metaOf } from '../../server/http/list-operations.ts';
import { openRouter } from '../support/open-router.ts';
import { root } from '../support/start-gateway.ts';

const page = join(root, 'docs/trpc.md');
const TABLE = /(?<=## Procedures\n\n)(?:\|.*\n)+/;

const withStream = (method: string) => (method === 'GET' ? ' with `stream=true`' : ' with `"stream": true`');

/** Every procedure of the router, with its kind and its place on REST. */
async function renderTable(): Promise<string> {
  const procedures = listProcedures(await openRouter());
  const streams = new Map(
    procedures.flatMap(([, procedure]) => {
      const { stream, openapi } = metaOf(procedure);
      return stream && openapi ? [[stream, openapi] as const] : [];
    }),
  );
  const rows = procedures.map(([name, procedure]) => {
    const meta = metaOf(procedure);
    const streamed = streams.get(name);
    const kind = `${procedure._def.type}${meta.public ? ', open' : ''}`;
    const place = meta.openapi ?? streamed;
    const rest = place ? `\`${place.method} ${place.path}\`${streamed ? withStream(place.method) : ''}` : '–';
    return `| \`${name}\` | ${kind} | ${rest} |\n`;
  });
  return `| procedure | kind | REST |\n| --- | --- | --- |\n${rows.join('')}`;
}

// `npm test -- tests/docs/procedures.test.ts -u` writes the table anew.
test('the table of procedures is that of the router', async () => {
  const table = await renderTable();
  await expect(readFileSync(page, 'utf8').replace(TABLE, table)).toMatchFileSnapshot(page);
});
