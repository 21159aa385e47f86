import type { CatalogModel } from '../features/models/catalog.ts';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import type { Provider } from '../providers/provider.ts';

interface Welcome {
  readonly url: string;
  readonly version: string;
  readonly catalog: CurrentCatalog;
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

/** More models than this are counted only. */
const MOST_REASONS = 5;

/** Why models of the operator are not served. Demo mode has its own notice. */
function missingLines({ models, demoNotice }: CurrentCatalog): string[] {
  if (demoNotice) return [];
  const reasons = models.flatMap(({ alias, missing }) => (missing === null ? [] : [`  ${alias}: ${missing}`]));
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, MOST_REASONS);
  const rest = reasons.length - shown.length;
  return [
    `${count(reasons.length, 'model')} cannot be served:`,
    ...shown,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    '',
  ];
}

function exampleLines(url: string, available: readonly CatalogModel[]): string[] {
  const model = available.find(({ endpoints, output }) => endpoints.includes('chat') && output.includes('text'));
  if (!model) return [];
  return [
    'Try it:',
    `  curl -s ${url}/v1/chat/completions -H "Authorization: Bearer $BEARER" -H "Content-Type: application/json" \\`,
    `    -d '{"model":"${model.alias}","messages":[{"role":"user","content":"In one word: capital of Italy?"}]}'`,
  ];
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** What a newcomer needs after the start: where it is, the key, and a line to paste. */
export function printWelcome(welcome: Welcome): void {
  const { url, version, catalog, providers } = welcome;
  const available = catalog.models.filter(({ backends }) => backends.length > 0);
  const lines = [
    '',
    `Duplex ${version} serves ${count(available.length, 'model')} at ${url}`,
    `  providers ${providers.map(({ id }) => id).join(', ') || 'none'}`,
    `  console ${url}/playground`,
    `  docs ${url}/docs   API reference ${url}/openapi   tRPC ${url}/trpc`,
    '',
    ...(catalog.demoNotice ? [catalog.demoNotice, ''] : []),
    ...missingLines(catalog),
    ...keyLines(welcome),
    ...exampleLines(url, available),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
