import type { MessageLimits } from './frame-reader.ts';

/** The limits that settings change. docs/trpc.md lists these, and those of `SocketWatch` and `Identity`. */
export interface WebsocketLimits {
  /** How many calls one message has, and how many are under way on one websocket. */
  readonly calls: number;
  /** How many websockets one key has at once. */
  readonly perKey: number;
  /** How many websockets one address has at once, and how many of these without a valid key. */
  readonly perAddress: number;
  readonly withoutKey: number;
  /** How long one of these may be open, in ms. */
  readonly keyWithinMs: number;
}

/** In bytes: room for a key and for small calls. */
const STRANGER_MESSAGE_BYTES = 16 * 1024;
/** A larger message is read on for its ids to this many times the limit. */
const READ_TIMES = 8;
/** Of unfinished messages of one key together, as a multiple of one message's limit. */
export const UNFINISHED_TIMES = 4;

/** How many calls of open procedures a stranger may make on one websocket. */
export const STRANGER_CALLS = 64;
/** And in one message. */
export const STRANGER_MESSAGE_CALLS = 8;

export const STRANGER_LIMITS: MessageLimits = { kept: STRANGER_MESSAGE_BYTES, read: STRANGER_MESSAGE_BYTES };

/** `most`: the longest message of a client whose key is known, in bytes. */
export const keyLimits = (most: number): MessageLimits => ({ kept: most, read: most * READ_TIMES });
