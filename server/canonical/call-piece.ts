import { AppError } from '../errors/app-error.ts';
import { isRecord } from './json.ts';
import { writeArguments } from './write-arguments.ts';

/** The longest id or name of a call, in characters. Some ids hold a signature. No real answer reaches it. */
const MAX_LABEL = 64 * 1024;

const broken = (message: string) => new AppError('upstream_broken', message);

/** One piece of a tool call, as far as it could be read. */
export interface CallPiece {
  /** The upstream's number of the call. */
  readonly at: number | null;
  readonly id: string;
  readonly name: string;
  readonly arguments: string | null;
}

/** An id or a name; empty when the chunk has no such field. */
function labelOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  if (value.length > MAX_LABEL) throw broken('The upstream sent a tool call with an endless name.');
  return value;
}

/** Reads one piece of a tool call. Throws `upstream_broken` when it is malformed. */
export function readCallPiece({ function: called, custom, index, id }: Record<string, unknown>): CallPiece {
  if (called != null && !isRecord(called)) throw broken('The upstream sent a malformed tool call.');
  return {
    at: typeof index === 'number' && Number.isInteger(index) ? index : null,
    id: labelOf(id),
    name: labelOf(called?.name) || labelOf(isRecord(custom) ? custom.name : ''),
    arguments: writeArguments(called?.arguments),
  };
}
