import { withoutMark } from '../../canonical/byte-order-mark.ts';
import { parseExact } from '../../canonical/exact-json.ts';
import { AppError } from '../../errors/app-error.ts';
import { checkShape, type Shape } from './check-shape.ts';

/** Parses JSON of an upstream within limits. `what` names the value in the error message. Throws `upstream_broken`. */
export function readJson(bytes: Buffer, shape: Shape, what: string): unknown {
  checkShape(bytes, shape);
  try {
    return parseExact(withoutMark(bytes).toString('utf8'));
  } catch (cause) {
    throw new AppError('upstream_broken', `The upstream sent ${what} that is not JSON.`, { cause });
  }
}
