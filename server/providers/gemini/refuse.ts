import { findUnknownField } from '../../canonical/find-unknown-field.ts';
import type { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { isEmpty } from '../idle-fields.ts';

export const unsupported = (param: string, name: string): AppError =>
  invalidField(param, `Gemini does not support '${name.slice(0, 100)}'.`);

/** Refuses every field that is not `known`. One that says nothing (null, an empty list or object) is tolerated. */
export function refuseOthers(holder: object, known: ReadonlySet<string>, at: string): void {
  const found = findUnknownField(holder, known, at, (value) => value == null || isEmpty(value));
  if (found) throw unsupported(found.param, found.name);
}

/** Returns an object as the client sent it, and refuses any other value. */
export function asObject(value: unknown, param: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw invalidField(param, 'This must be an object.');
}
