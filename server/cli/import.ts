import { readFileSync, writeFileSync } from 'node:fs';
import { systemCodeOf } from '../errors/system-code.ts';
import { importClaudeCodeRouter } from '../import/claude-code-router/import-claude-code-router.ts';
import { ImportError } from '../import/import-error.ts';
import type { Imported } from '../import/imported.ts';
import { importLitellm } from '../import/litellm/import-litellm.ts';
import { parseOptions, UsageError } from './parse-options.ts';

const importers: Readonly<Record<string, (text: string, name: string) => Imported>> = {
  litellm: importLitellm,
  'claude-code-router': importClaudeCodeRouter,
};

const USAGE = `Usage: duplex import <${Object.keys(importers).join(' | ')}> <file> [--out <file>].`;

const reasonOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split(',')[0] ?? error.message) : String(error);

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ImportError(`${file} cannot be read: ${reasonOf(cause)}. Name the configuration file to import.`, {
      cause,
    });
  }
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    const exists = systemCodeOf(cause) === 'EEXIST';
    const why = exists ? 'exists already, and is not changed' : `cannot be written: ${reasonOf(cause)}`;
    throw new ImportError(`${file} ${why}. Give --out the path of a new file.`, { cause });
  }
}

/** `duplex import SOURCE FILE`: the models file that another gateway's configuration becomes. */
export function importConfiguration(args: readonly string[]): Imported {
  const { values, positionals } = parseOptions('import', args, {
    options: { out: { type: 'string' } },
    allowPositionals: true,
  });
  const [source = '', file, ...more] = positionals;
  const convert = Object.hasOwn(importers, source) ? importers[source] : undefined;
  if (!convert || file === undefined || more.length > 0 || values.out === '') throw new UsageError(USAGE);
  const { text, notes } = convert(readSource(file), file);
  if (values.out === undefined) return { text, notes };
  writeNew(values.out, text);
  return { text: `${values.out} is written. Check it with \`duplex doctor\`.\n`, notes };
}
