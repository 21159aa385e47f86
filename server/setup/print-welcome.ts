import type { Catalog } from '../features/models/catalog.ts';
import type { Provider } from '../providers/provider.ts';

interface Welcome {
  readonly url: string;
  readonly version: string;
  readonly catalog: Catalog;
  readonly providers: readonly Provider[];
  /** Where the key lies; null when it was configured. */
  readonly bearerFile: string | null;
  /** The bearer that was just made; printed this once. */
  readonly newBearer: string | null;
}

function keyLines({ bearerFile, newBearer }: Welcome): string[] {
  if (newBearer) return [`Your key, kept in ${bearerFile} and not shown again:`, `  export BEARER=${newBearer}`];
  return bearerFile ? ['Your key:', `  export BEARER=$(cat '${bearerFile}')`] : [];
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** What a newcomer needs after the start: where it is, the key, and a line to paste. */
export function printWelcome(welcome: Welcome): void {
  const { url, version, catalog, providers } = welcome;
  const available = catalog.models.filter(({ backends }) => backends.length > 0);
  const model = available[0]?.alias ?? 'llama-4-scout';
  const lines = [
    '',
    `Duplex ${version} serves ${count(available.length, 'model')} at ${url}`,
    `  providers ${providers.map(({ id }) => id).join(', ') || 'none'}`,
    `  docs ${url}/docs   API reference ${url}/openapi   tRPC ${url}/trpc`,
    '',
    ...(catalog.demoNotice ? [catalog.demoNotice, ''] : []),
    ...keyLines(welcome),
    'Try it:',
    `  curl -s ${url}/v1/chat/completions -H "Authorization: Bearer $BEARER" -H "Content-Type: application/json" \\`,
    `    -d '{"model":"${model}","messages":[{"role":"user","content":"In one word: capital of Italy?"}]}'`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
