import { type Command, commands, toParseOptions } from './commands.ts';
import { parseOptions, UsageError } from './parse-options.ts';

/** The request that a command sends to the gateway, and how its response is shown. */
export interface Call {
  readonly command: Command;
  readonly path: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** As it came. */
  readonly raw: boolean;
}

function find(args: readonly string[]): { name: string; command: Command; rest: string[] } {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands[name];
    if (command) return { name, command, rest: args.slice(words) };
  }
  throw new UsageError(explainUnknown(args));
}

/** What is wrong with the name of a command, and for the first word of a group what can follow it. */
function explainUnknown([first = '', second]: readonly string[]): string {
  const following = Object.keys(commands).flatMap((name) => (name.startsWith(`${first} `) ? name.split(' ')[1] : []));
  if (following.length === 0) return `There is no command "${first}".`;
  const usage = `Usage: duplex ${first} <${following.join(' | ')}>.`;
  return second === undefined ? usage : `There is no command "${first} ${second}". ${usage}`;
}

function toValue(name: string, type: string, text: string | boolean): unknown {
  if (typeof text === 'boolean') return name === 'csv' ? 'csv' : text;
  if (text === 'none') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  if (type === 'list') return text.split(',').map((item) => item.trim());
  if (type !== 'number') return text;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--${name} must be a number.`);
}

/** Reads the words after `duplex`. Throws `UsageError`. */
export function readCommand(args: readonly string[]): Call {
  const { name, command, rest } = find(args);
  const { values, positionals } = parseOptions(name, rest, {
    options: toParseOptions(command),
    allowPositionals: true,
  });
  const { json, ...given } = values;
  const wanted = [...command.path.matchAll(/\{(\w+)\}/g)].map(([, word = '']) => word);
  if (positionals.length !== wanted.length) {
    const missing = wanted.map((word) => ` <${word}>`).join('');
    throw new UsageError(`Usage: duplex ${name}${missing || ', with options only'}.`);
  }
  const words = [...positionals];
  const path = command.path.replace(/\{\w+\}/g, () => encodeURIComponent(words.shift() ?? ''));
  const fields: Record<string, unknown> = { ...command.fixed };
  for (const [option, text] of Object.entries(given)) {
    const known = command.options?.[option];
    if (known && (typeof text === 'string' || typeof text === 'boolean')) {
      fields[known.field] = toValue(option, known.type, text);
    }
  }
  return { command, path, fields, raw: json === true };
}
