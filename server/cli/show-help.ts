import { join } from 'node:path';
import { packageRoot } from '../setup/package-root.ts';
import { type Command, commands } from './commands.ts';
import { localCommands } from './local-commands.ts';

interface Entry {
  readonly name: string;
  readonly words: string;
  readonly help: readonly string[];
}

function entryOf(name: string, { path, help, options = {} }: Command): Entry {
  const words = [...path.matchAll(/\{(\w+)\}/g)].map(([, word]) => ` <${word}>`).join('');
  const told = Object.entries(options).map(
    ([option, { type, help: what }]) => `--${`${option}${type === 'boolean' ? '' : ' …'}`.padEnd(18)} ${what}`,
  );
  return { name, words, help: [help, ...told] };
}

const entries: readonly Entry[] = [
  ...Object.entries(commands).map(([name, command]) => entryOf(name, command)),
  ...Object.entries(localCommands).map(([name, { words, help }]) => ({ name, words, help })),
];

/** The commands that the words begin with: `keys` means all of `keys …`. */
function meantBy(words: readonly string[]): readonly Entry[] {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(' ');
    const found = entries.filter((entry) => entry.name === name || entry.name.startsWith(`${name} `));
    if (words.length >= count && found.length > 0) return found;
  }
  return entries;
}

const toLines = ({ name, words, help }: Entry): string[] => [
  `  duplex ${name}${words}`,
  ...help.map((line) => `      ${line}`),
  '',
];

/** What `duplex help` prints, and `--help` behind a command, whose words are given. */
export function showHelp(words: readonly string[] = []): string {
  const meant = meantBy(words);
  const lines = meant.flatMap(toLines);
  if (meant !== entries) return lines.join('\n');
  return [
    'The command line for operators. It calls the gateway at DUPLEX_URL (default: HOST and PORT) with API_BEARER, or with',
    'the bearer in DATA_DIR. --json prints the response unchanged. `duplex <command> --help` explains one command.',
    '',
    `In this clone, type \`npx duplex …\`. From any other folder, type \`node '${join(packageRoot, 'dist/server/cli.js')}' …\`:`,
    'There, `npx duplex` would download a package of another project.',
    '',
    ...lines,
  ].join('\n');
}
