import { parseArgs } from 'node:util';
import { type Command, commands, toParseOptions } from './commands.ts';

/** A mistake in the typed command. */
export class UsageError extends Error {}

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
  throw new UsageError(`There is no command "${args.slice(0, 2).join(' ')}".`);
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

function parse(name: string, command: Command, rest: string[]) {
  try {
    return parseArgs({ args: rest, options: toParseOptions(command), allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads the words after `duplex`. Throws `UsageError`. */
export function readCommand(args: readonly string[]): Call {
  const { name, command, rest } = find(args);
  const { values, positionals } = parse(name, command, rest);
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
