import { isRecord } from '../../canonical/json.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipString,
} from '../../canonical/scan-json.ts';
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

/** The messages that a client can send in tRPC's websocket protocol. */
export type Message =
  | Call
  | { readonly kind: 'stop'; readonly id: CallId }
  /** The connection parameters. The key is null when they have none. */
  | { readonly kind: 'params'; readonly apiKey: string | null }
  /** A message that is not valid. The id is null when it has none that an answer could name. */
  | { readonly kind: 'wrong'; readonly id: CallId | null; readonly error: AppError };

const invalid = (message: string, param?: string) =>
  new AppError('invalid_message', message, param === undefined ? {} : { param });

const notJson = (cause: AppError) =>
  new AppError(
    'invalid_json',
    'The message is not valid JSON. Send calls as JSON; the only other messages are the texts PING and PONG.',
    { cause },
  );

/** The messages of a frame: one, or a list of them. */
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Converts the error of a frame that could not be read to one of this protocol. */
export const toFrameError = (error: unknown): unknown =>
  error instanceof AppError && error.code === 'invalid_json' ? notJson(error) : error;

/** How much of a message is searched without being parsed, in bytes, and how many ids are reported. */
const SEARCHED_BYTES = 1024 * 1024;
const MAX_IDS = 1_000;

/** Whether the text begins with a list of more than `most` elements. Nothing is parsed for it. */
export function hasMoreElements(text: Buffer, most: number): boolean {
  let depth = 0;
  let commas = 0;
  const end = Math.min(text.length, SEARCHED_BYTES);
  for (let at = 0; at < end; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      const after = skipString(text, at);
      if (after < 0) return false;
      at = after - 1;
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      // An object is one message, so there is nothing to count.
      if (depth === 0 && byte === OPEN_BRACE) return false;
      depth++;
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
    else if (byte === COMMA && depth === 1 && ++commas >= most) return true;
  }
  return false;
}

/** The ids of the calls in a message that is not parsed. */
export function idsOf(text: Buffer): readonly CallId[] {
  const scanner = new IdScanner(MAX_IDS);
  scanner.push(text.subarray(0, SEARCHED_BYTES));
  return scanner.ids;
}

/** The id that an answer to a message can name. */
export const idOf = (value: unknown): CallId | null => (isRecord(value) && isCallId(value.id) ? value.id : null);

/** Reads one message. A fault is part of the returned value, so that the answer names the right call. */
export function readMessage(value: unknown): Message {
  try {
    if (!isRecord(value)) throw invalid('A message must be a JSON object, or a list of them.');
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
  if (!isRecord(params)) throw invalid(`A ${type} needs "params": an object with "path" and "input".`, 'params');
  const { path, input, lastEventId } = params;
  if (typeof path !== 'string') throw invalid('The path must be the name of a procedure.', 'params.path');
  if (lastEventId === undefined || type !== 'subscription') return { kind: 'call', id, type, path, input };
  if (typeof lastEventId !== 'string') throw invalid('The lastEventId must be a string.', 'params.lastEventId');
  return {
    kind: 'call',
    id,
    type,
    path,
    input: isRecord(input) ? { ...input, lastEventId } : (input ?? { lastEventId }),
  };
}

function readApiKey(data: unknown): string | null {
  if (data === null || data === undefined) return null;
  if (!isRecord(data)) throw invalid('The connection parameters must be an object.', 'data');
  const { apiKey } = data;
  if (apiKey === undefined) return null;
  if (typeof apiKey === 'string') return apiKey;
  throw invalid('The apiKey must be a string.', 'data.apiKey');
}
