import { isUtf8 } from 'node:buffer';
import { withoutMark } from '../../canonical/byte-order-mark.ts';
import { BodyScan, isPlainlySimple } from '../../canonical/read-body/body-scan.ts';
import { PIECE, parseInPieces } from '../../canonical/read-body/parse-in-pieces.ts';
import { repairBytes } from '../../canonical/read-body/repair-bytes.ts';
import { EscapeRepair } from '../../canonical/read-body/repair-escapes.ts';
import { rememberTexts } from '../../canonical/scan-json.ts';
import { AppError } from '../../errors/app-error.ts';
import { inTurns } from '../../event-loop/in-turns.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import { parseJson } from './parse-json.ts';

/** A JSON text that was read. */
export interface ReadJson {
  readonly value: unknown;
  /** The same text as bytes: as they came, except for what was repaired. */
  readonly bytes: Buffer;
}

const notJson = (cause: unknown) => new AppError('invalid_json', 'The request body is not valid JSON.', { cause });

const notUtf8 = () => new AppError('invalid_json', 'The request body is not valid UTF-8.');

/**
 * Reads what a client sent. Half a surrogate pair becomes U+FFFD, in the bytes as well, so that what was checked is
 * what is sent. A body with more than `maxValues` values, or nested too deeply, is refused before it is parsed. A body
 * of more than a megabyte is read in pieces, so that other requests need not wait for it. Throws `invalid_json` and
 * `body_too_complex`.
 */
export function readJson(given: Buffer, maxValues: number): ReadJson | Promise<ReadJson> {
  const bytes = withoutMark(given);
  if (bytes.length > PIECE) return readLong(bytes, maxValues);
  if (!isUtf8(bytes)) {
    repairBytes(bytes, 0, bytes.length);
    if (!isUtf8(bytes)) throw notUtf8();
  }
  if (bytes.includes('\\u')) new EscapeRepair(bytes).advance(bytes.length);
  if (!isPlainlySimple(bytes, maxValues)) new BodyScan(bytes, maxValues).advance(bytes.length);
  try {
    return { value: parseJson(bytes.toString('utf8')), bytes };
  } catch (cause) {
    throw notJson(cause);
  }
}

async function readLong(bytes: Buffer, maxValues: number): Promise<ReadJson> {
  const scan = new BodyScan(bytes, maxValues);
  for (let at = 0; at < bytes.length; at += PIECE) {
    scan.advance(at + PIECE);
    await nextTurn();
  }
  rememberTexts(bytes, scan.longTexts);
  await repairLong(bytes);
  try {
    return { value: await inTurns(parseInPieces(bytes, scan.longTexts, parseJson)), bytes };
  } catch (cause) {
    throw notJson(cause);
  }
}

async function repairLong(bytes: Buffer): Promise<void> {
  if (!isUtf8(bytes)) {
    for (let at = 0; at < bytes.length; at += PIECE) {
      repairBytes(bytes, at, Math.min(at + PIECE, bytes.length));
      await nextTurn();
    }
    if (!isUtf8(bytes)) throw notUtf8();
  }
  const repair = new EscapeRepair(bytes);
  for (let at = PIECE; repair.advance(Math.min(at, bytes.length)); at += PIECE) await nextTurn();
}
