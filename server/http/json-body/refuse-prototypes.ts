import { isObject } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';

const NAME = '__proto__';
/** How each escape of an ASCII character begins: a name can be written with some. */
const ESCAPE = '\\u00';

function holds(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (Array.isArray(value)) return value.some(holds);
  return Object.hasOwn(value, NAME) || Object.values(value).some(holds);
}

/**
 * Throws `invalid_field` when an object has a field that is called `__proto__`. Copies of objects lose it, so that nobody
 * would check or measure what the bytes still carry to the upstream.
 */
export function refusePrototypes(bytes: Buffer, value: unknown): void {
  if (!bytes.includes(NAME) && !bytes.includes(ESCAPE)) return;
  if (holds(value)) throw new AppError('invalid_field', `A field cannot be called '${NAME}'.`, { param: NAME });
}
