import { findUnknownField } from '../../canonical/find-unknown-field.ts';
import type { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';

/** The refusal of something that the Responses API does not support. */
export const unsupported = (param: string, what: string): AppError =>
  invalidField(param, `${what} cannot be sent to this model: OpenAI's Responses API does not support it.`);

/** Refuses the first field that is not among `known`; `at` is the path of the object. */
export function expectOnly(object: object, known: ReadonlySet<string>, at: string): void {
  const found = findUnknownField(object, known, at);
  if (found) throw unsupported(found.param, `'${found.name}'`);
}
