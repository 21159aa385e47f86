import { AppError } from '../../errors/app-error.ts';

/** The client asked for what Gemini has no place for; `param` is where. */
export const refused = (param: string, message: string): AppError => new AppError('invalid_field', message, { param });

const isEmpty = (value: unknown): boolean =>
  value == null || (typeof value === 'object' && Object.keys(value).length === 0);

/** Refuses every field that is not `known`. One that says nothing (null, an empty list or object) is tolerated. */
export function refuseOthers(holder: object, known: ReadonlySet<string>, at: string): void {
  for (const [key, value] of Object.entries(holder)) {
    if (known.has(key) || isEmpty(value)) continue;
    const param = at === '' ? key : `${at}.${key}`;
    throw refused(param, `Gemini has no place for '${key.slice(0, 100)}'.`);
  }
}

/** An object as the client sent it; anything else is refused. */
export function asObject(value: unknown, param: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw refused(param, 'An object is expected.');
}
