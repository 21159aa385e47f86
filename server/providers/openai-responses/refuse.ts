import { AppError } from '../../errors/app-error.ts';

/** What the Responses API has no place for. */
export const noPlace = (param: string, what: string): AppError =>
  new AppError('invalid_field', `${what} cannot be sent to this model: OpenAI's Responses API has no place for it.`, {
    param,
  });

/** Refuses the first field that is not among `known`; `at` is the path of the object. */
export function expectOnly(object: object, known: ReadonlySet<string>, at: string): void {
  for (const [key, value] of Object.entries(object)) {
    if (value != null && !known.has(key)) throw noPlace(`${at}.${key}`, `'${key}'`);
  }
}
