import type { MessageLimits } from './frame-reader.ts';

/**
 * The limits that settings can change. docs/trpc.md lists them, together with those of `SocketWatch` and `Identity`.
 */
export interface WebsocketLimits {
  /** How many calls one message or batch may have, and how many may run at once on one websocket. */
  readonly calls: number;
  /** How many websockets one key may have at once; 0: any number. */
  readonly perKey: number;
  /** How many websockets one address may have at once, and how many of them without a valid key; 0: any number. */
  readonly perAddress: number;
  readonly withoutKey: number;
  /** How long a websocket may stay open without a valid key, in ms. */
  readonly keyWithinMs: number;
}

/** The longest message of a client without a key, in bytes: enough for a key and for small calls. */
const STRANGER_MESSAGE_BYTES = 16 * 1024;
/** A longer message is read for its ids up to this many times the limit. */
const READ_TIMES = 8;
/** How much all unfinished messages of one key may hold, as a multiple of the limit of one message. */
export const UNFINISHED_TIMES = 4;

/** How many calls of procedures without a key a stranger may make on one websocket. */
export const STRANGER_CALLS = 64;
/** How many of these calls one message may have. */
export const STRANGER_MESSAGE_CALLS = 8;

/** How many messages of any kind, such as wrong ones, a stranger may send on one websocket. */
export const STRANGER_MESSAGES = 256;

export const STRANGER_LIMITS: MessageLimits = { kept: STRANGER_MESSAGE_BYTES, read: STRANGER_MESSAGE_BYTES };

/** The limits of a client whose key is known. `most`: its longest message, in bytes. */
export const keyLimits = (most: number): MessageLimits => ({ kept: most, read: most * READ_TIMES });
