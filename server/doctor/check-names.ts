import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { didYouMean } from '../setup/nearest-name.ts';
import { variableNames } from '../variables.ts';
import { type Finding, warning } from './finding.ts';

/** Names that Node.js, its libraries and the SDK of OpenTelemetry read. */
const OTHERS = /^(NODE_|NPM_|OTEL_|UV_|SSL_CERT_|TZ$|LANG$|LC_|(HTTPS?|NO|ALL)_PROXY$)/i;

/**
 * Checks the names in `.env`: nobody reads a name that is typed wrongly, and the gateway cannot say so at its start, because a
 * models file may name any variable. `keys` are the names that the models file has.
 */
export function checkNames(file: string, keys: readonly string[]): Finding[] {
  const known = [...variableNames, ...keys];
  return namesIn(file)
    .filter((name) => !known.includes(name) && !OTHERS.test(name))
    .map((name) =>
      warning(
        'settings',
        `Nothing reads ${name} of ${file}.${didYouMean(name, known)}`,
        '.env.example lists the settings; the models file names the variables of keys.',
      ),
    );
}

function namesIn(file: string): string[] {
  try {
    return Object.keys(parseEnv(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}
