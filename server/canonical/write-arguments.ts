import { AppError } from '../errors/app-error.ts';
import { writeExact } from './exact-json.ts';
import { isRecord } from './json.ts';

/**
 * The arguments of a tool call as text; null when there are none. Some servers send the object where their dialect has
 * its JSON, and others the JSON where it has the object (llama.cpp issue 20198). Throws `upstream_broken`.
 */
export function writeArguments(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value === 'string') return value;
  if (isRecord(value)) return writeExact(value);
  throw new AppError(
    'upstream_broken',
    'The upstream sent arguments of a tool call that are neither a string nor an object.',
  );
}
