import { AppError } from '../../errors/app-error.ts';
import { type CallId, IdScanner, isCallId, MAX_ID_LENGTH } from './id-scanner.ts';

const PROCEDURE_TYPES = ['query', 'mutation', 'subscription'] as const;
export type ProcedureType = (typeof PROCEDURE_TYPES)[number];

/** A call of a procedure. */
export interface Call {
  readonly kind: 'call';
  readonly id: CallId;
  readonly type: ProcedureType;
  readonly path: string;
  readonly input: unknown;
}

/** What a client can say in tRPC's websocket protocol. */
export type Message =
  | Call
  | { readonly kind: 'stop'; readonly id: CallId }
  /** Who the client is; null when it says no key. */
  | { readonly kind: 'params'; readonly apiKey: string | null }
  /** Something else; the id is null when it has none that an answer could name. */
  | { readonly kind: 'wrong'; readonly id: CallId | null; readonly error: AppError };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (message: string, param?: string) =>
  new AppError('invalid_message', message, param === undefined ? {} : { param });

/** The messages of a frame: one, or a list of them. Throws `invalid_json`. */
export function parseFrame(text: Buffer): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (cause) {
    throw new AppError(
      'invalid_json',
      'The message is not valid JSON. Send calls as JSON; the only other messages are the texts PING and PONG.',
      { cause },
    );
  }
  return Array.isArray(value) ? value : [value];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([OPEN_LIST, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** Where the string that begins at a quote ends. */
function endOfString(text: Buffer, quote: number): number {
  let end = text.indexOf(QUOTE, quote + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf(QUOTE, end + 1);
  }
  return text.length;
}

/** Whether the text is a list of more than `most` elements. It is not parsed, and read only as far as that needs. */
export function hasMoreElements(text: Buffer, most: number): boolean {
  let depth = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (byte === QUOTE) at = endOfString(text, at);
    else if (OPENING.has(byte)) {
      // Of an object nothing has to be counted.
      if (depth === 0 && byte !== OPEN_LIST) return false;
      depth++;
    } else if (CLOSING.has(byte)) depth--;
    else if (byte === COMMA && depth === 1 && ++commas >= most) return true;
  }
  return false;
}

/** How much of a message is searched for ids when it is refused as a whole, in bytes; and how many are told. */
const SEARCHED_BYTES = 1024 * 1024;
const MAX_IDS = 1_000;

/** The ids of the calls in a message that is not parsed. */
export function idsOf(text: Buffer): readonly CallId[] {
  const scanner = new IdScanner(MAX_IDS);
  scanner.push(text.subarray(0, SEARCHED_BYTES));
  return scanner.ids;
}

/** The id that an answer to a message can name. */
const idOf = (value: unknown): CallId | null => (isObject(value) && isCallId(value.id) ? value.id : null);

/** Reads one message. What is wrong with it is part of what it returns, so that the answer names the right call. */
export function readMessage(value: unknown): Message {
  try {
    if (!isObject(value)) throw invalid('A message must be a JSON object, or a list of them.');
    if (value.method === 'connectionParams') return { kind: 'params', apiKey: readApiKey(value.data) };
    const id = readId(value.id);
    if (value.method === 'subscription.stop') return { kind: 'stop', id };
    return readCall(id, value.method, value.params);
  } catch (error) {
    if (error instanceof AppError) return { kind: 'wrong', id: idOf(value), error };
    throw error;
  }
}

function readId(id: unknown): CallId {
  if (isCallId(id)) return id;
  throw invalid(`The id of a call must be a number, or a string of at most ${MAX_ID_LENGTH} characters.`, 'id');
}

function readCall(id: CallId, method: unknown, params: unknown): Call {
  const type = PROCEDURE_TYPES.find((name) => name === method);
  if (!type) {
    throw invalid(
      'The method of a message must be "query", "mutation", "subscription", "subscription.stop" or "connectionParams".',
      'method',
    );
  }
  if (!isObject(params)) throw invalid(`A ${type} needs "params": an object with "path" and "input".`, 'params');
  const { path, input, lastEventId } = params;
  if (typeof path !== 'string') throw invalid('The path must be the name of a procedure.', 'params.path');
  if (lastEventId === undefined || type !== 'subscription') return { kind: 'call', id, type, path, input };
  if (typeof lastEventId !== 'string') throw invalid('The lastEventId must be a string.', 'params.lastEventId');
  return {
    kind: 'call',
    id,
    type,
    path,
    input: isObject(input) ? { ...input, lastEventId } : (input ?? { lastEventId }),
  };
}

function readApiKey(data: unknown): string | null {
  if (data === null || data === undefined) return null;
  if (!isObject(data)) throw invalid('The connection parameters must be an object.', 'data');
  const { apiKey } = data;
  if (apiKey === undefined) return null;
  if (typeof apiKey === 'string') return apiKey;
  throw invalid('The apiKey must be a string.', 'data.apiKey');
}
