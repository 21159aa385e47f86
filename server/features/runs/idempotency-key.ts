import { invalidField } from '../../errors/invalid-field.ts';

const MAX_LENGTH = 255;

/** The characters of a string of structured field values (RFC 9651, 3.3.3). */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** A string of structured field values: `"…"`, in which a backslash stands before quotes and backslashes alone. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;

const HINT = 'Send a value that is new for each request, such as a UUID.';

/** The place of an idempotency key: a header, or a field where there are no headers. */
export type KeyParam = 'Idempotency-Key' | 'idempotency_key';

/**
 * The key that a client sent. Quoted, as the IETF's draft has it, and bare, as most clients send it, is the same key. Throws
 * `invalid_field`.
 */
export function readIdempotencyKey(sent: string, param: KeyParam): string {
  if (!PRINTABLE.test(sent.trim())) {
    const fault = sent.trim() === '' ? 'is empty' : 'has characters other than those of printable ASCII';
    throw invalidField(param, `The idempotency key ${fault}. ${HINT}`);
  }
  const text = sent.trim();
  const quoted = text.startsWith('"') ? QUOTED.exec(text)?.[1] : text;
  if (quoted === undefined) throw invalidField(param, `The quotes of the idempotency key do not match. ${HINT}`);
  const key = text.startsWith('"') ? quoted.replace(/\\(["\\])/g, '$1') : quoted;
  if (key === '') throw invalidField(param, `The idempotency key is empty. ${HINT}`);
  if (key.length <= MAX_LENGTH) return key;
  throw invalidField(param, `The idempotency key has ${key.length} characters; at most ${MAX_LENGTH} are allowed.`);
}
