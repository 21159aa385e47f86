import { createHash } from 'node:crypto';
import { writeExact } from '../../canonical/exact-json.ts';
import { isObject } from '../../canonical/json.ts';
import { isLong, writeAsBytes } from '../../canonical/write-in-steps.ts';
import { inTurns } from '../../event-loop/in-turns.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';

/** Fields that do not change the answer. A retry may come by another transport, or resume a stream, so they may differ. */
const NOT_ASKED: ReadonlySet<string> = new Set([
  'stream',
  'stream_options',
  'lastEventId',
  'run_id',
  'idempotency_key',
]);

/** How much is hashed at once, in bytes: a millisecond of work. */
const STEP = 1024 * 1024;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Sorts the fields of every object in a value. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value) || !isPlain(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
}

/** SHA-256 of what a request asks for, in hex: the same for bodies that differ in spaces or in the order of fields alone. */
export async function hashRequest(request: Readonly<Record<string, unknown>>): Promise<string> {
  const asked = sorted(Object.fromEntries(Object.entries(request).filter(([name]) => !NOT_ASKED.has(name))));
  const hash = createHash('sha256');
  if (!isLong(asked)) return hash.update(writeExact(asked)).digest('hex');
  const bytes = await inTurns(writeAsBytes(asked));
  for (let at = 0; at < bytes.length; at += STEP) {
    hash.update(bytes.subarray(at, at + STEP));
    await nextTurn();
  }
  return hash.digest('hex');
}
