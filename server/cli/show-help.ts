import { join } from 'node:path';
import { packageRoot } from '../setup/package-root.ts';
import { commands } from './commands.ts';

/** What `duplex help` prints. */
export function showHelp(): string {
  const lines = Object.entries(commands).flatMap(([name, { path, help, options = {} }]) => {
    const words = [...path.matchAll(/\{\w+\}/g)].map(([word]) => ` <${word.slice(1, -1)}>`).join('');
    return [
      `  duplex ${name}${words}`,
      `      ${help}`,
      ...Object.entries(options).map(([option, { type, help: what }]) => {
        const value = type === 'boolean' ? '' : ' …';
        return `      --${`${option}${value}`.padEnd(18)} ${what}`;
      }),
      '',
    ];
  });
  return [
    'The command line for operators. It calls the gateway at DUPLEX_URL (default: HOST and PORT) with API_BEARER, or with',
    'the bearer in DATA_DIR. --json prints the response unchanged.',
    '',
    `In this clone, type \`npx duplex …\`. From any other folder, type \`node '${join(packageRoot, 'dist/server/cli.js')}' …\`:`,
    '`npx duplex` would fetch a package of somebody else there.',
    '',
    ...lines,
    '  duplex backup <file>',
    '      Copy the database of DATA_DIR into a new file, also while the gateway runs, and check the copy',
    '',
    '  duplex restore <file>',
    '      Put a backup in its place while the gateway is stopped; the database that was there is kept beside it',
    '',
    '  duplex doctor',
    '      Look for what is wrong: settings, models file, data folder, disk, database, address, clock and each provider.',
    '      Exits with 1 when there is a problem.',
    '      --probe              Also ask each model, which costs tokens; the cost is told first',
    '      --json               As JSON',
    '',
    '  duplex import <litellm | claude-code-router> <file>',
    '      Print the models file that the configuration of another gateway becomes, and on stderr what it cannot hold.',
    '      Keys are carried over as names of variables only.',
    '      --out …              Write it to this file, which must not exist',
    '',
    '  duplex connect [tool]',
    '      Print the settings that an agent, an editor or an SDK needs to use the gateway. Without a tool, list the tools.',
    '      --model …            An alias; default: the first model that chats',
    '      --key …              The key to use and to print; default: print a placeholder',
    "      --show-key           Print the administrator's bearer",
    '',
  ].join('\n');
}
