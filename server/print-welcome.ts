import { join } from 'node:path';
import type { Catalog } from './features/models/catalog.ts';

interface Welcome {
  readonly url: string;
  readonly version: string;
  readonly catalog: Catalog;
  /** The bearer that was just made; printed this once. */
  readonly newBearer: string | null;
  readonly dataDir: string;
}

/** What a newcomer needs after the start: where it is, the key, and a line to paste. */
export function printWelcome({ url, version, catalog, newBearer, dataDir }: Welcome): void {
  const available = catalog.models.filter(({ backends }) => backends.length > 0);
  const model = available[0]?.alias ?? 'llama-4-scout';
  const lines = [
    '',
    `Duplex ${version} serves ${available.length} models at ${url}`,
    `  docs ${url}/docs   API reference ${url}/openapi   tRPC ${url}/trpc`,
  ];
  if (catalog.demoNotice) lines.push('', catalog.demoNotice);
  if (newBearer) {
    lines.push(
      '',
      `Your key (kept in ${join(dataDir, 'api-bearer')}; it is not shown again):`,
      `  export BEARER=${newBearer}`,
    );
  }
  lines.push(
    '',
    'Try it:',
    `  curl -s ${url}/v1/chat/completions -H "Authorization: Bearer $BEARER" -H "Content-Type: application/json" \\`,
    `    -d '{"model":"${model}","messages":[{"role":"user","content":"In one word: capital of Italy?"}]}'`,
    '',
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
