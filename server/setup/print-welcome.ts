import type { CatalogModel } from '../features/models/catalog.ts';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import type { Provider } from '../providers/provider.ts';
import { counted } from './counted.ts';

interface Welcome {
  readonly url: string;
  readonly version: string;
  readonly catalog: CurrentCatalog;
  readonly providers: readonly Provider[];
  /** The file that holds the bearer; null when it was configured. */
  readonly bearerFile: string | null;
  /** The bearer that was just created. It is printed only this once. */
  readonly newBearer: string | null;
  /** Signs in to the console once; null: it is not printed. */
  readonly startCode: string | null;
}

function keyLines({ bearerFile, newBearer }: Welcome): string[] {
  if (newBearer) return [`Your key, kept in ${bearerFile} and not shown again:`, `  export BEARER=${newBearer}`];
  return bearerFile ? ['Your key:', `  export BEARER=$(cat '${bearerFile}')`] : [];
}

/** When more models than this are unavailable, only their number is shown. */
const MOST_REASONS = 5;

/** Why models of the operator's file are not served. Demo mode has a notice of its own. */
function missingLines({ models, demoNotice }: CurrentCatalog): string[] {
  if (demoNotice) return [];
  const reasons = models.flatMap(({ alias, missing }) => (missing === null ? [] : [`  ${alias}: ${missing}`]));
  if (reasons.length === 0) return [];
  const shown = reasons.slice(0, MOST_REASONS);
  const rest = reasons.length - shown.length;
  return [
    `${counted(reasons.length, 'model')} cannot be served:`,
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

/** Prints what a new user needs after the start: the address, the key, and a command to paste. */
export function printWelcome(welcome: Welcome): void {
  const { url, version, catalog, providers, startCode } = welcome;
  const available = catalog.models.filter(({ backends }) => backends.length > 0);
  const lines = [
    '',
    `Duplex ${version} serves ${counted(available.length, 'model')} at ${url}`,
    `  providers ${providers.map(({ id }) => id).join(', ') || 'none'}`,
    startCode === null
      ? `  console ${url}/playground`
      : `  console ${url}/playground#start=${startCode} (this link signs you in once, for ten minutes)`,
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
