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
    'The command line of the operator. It asks the gateway at DUPLEX_URL (default: HOST and PORT) with API_BEARER, or',
    'with the bearer in DATA_DIR. --json prints the answer as it came.',
    '',
    ...lines,
    '  duplex backup <file>',
    '      Copy the database of DATA_DIR into a new file, also while the gateway runs, and check the copy',
    '',
    '  duplex restore <file>',
    '      Put a backup in its place while the gateway is stopped; the database that was there is kept beside it',
    '',
    '  duplex connect [tool]',
    '      Print the settings with which an agent, an editor or an SDK uses the gateway; without a tool: which there are',
    '      --model …            An alias; the first one to chat with unless told',
    '      --key …              The key to ask with, and to print; a placeholder is printed unless told',
    '      --show-key           Print the bearer',
    '',
  ].join('\n');
}
