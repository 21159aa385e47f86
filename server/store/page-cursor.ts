import type { AppError } from '../errors/app-error.ts';
import { invalidField } from '../errors/invalid-field.ts';
import type { PageCursor } from './interface/page.ts';

/** Makes a cursor for a place in a list. `kind` tells the lists apart. */
export const toCursor = (kind: string, ...place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([kind, ...place])).toString('base64url');

/** The values that a cursor was made of; null when the text is not a cursor. */
export function fromCursor(value: string): readonly unknown[] | null {
  try {
    const place: unknown = JSON.parse(Buffer.from(value, 'base64url').toString());
    return Array.isArray(place) ? place : null;
  } catch {
    return null;
  }
}

export const notACursor = ({ param }: PageCursor): AppError =>
  invalidField(param, 'This is not a cursor of this list. Pass the next_cursor or prev_cursor of a page.');

/** The time in an id of this gateway, in ms; null when the text is not such an id. See ids.ts. */
export function timeOfId(id: string): number | null {
  const digits = /^[a-z]+_([0-9a-f]{12})7[0-9a-f]{19}$/.exec(id)?.[1];
  return digits === undefined ? null : Number.parseInt(digits, 16);
}
