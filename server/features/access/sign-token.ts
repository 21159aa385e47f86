import { createHmac, timingSafeEqual } from 'node:crypto';
import { TokenClaims } from '../../../contracts/keys/token-claims.ts';

/** The prefix of every client token. `hideSecrets` takes texts with this prefix out of the log. */
const PREFIX = 'dct-';
/** The length of an HMAC-SHA256 in base64url. */
const SIGNATURE_LENGTH = 43;
/** The longest token, in characters. It has to fit into a header beside others. */
export const MAX_TOKEN_LENGTH = 4_096;

export const isClientToken = (key: string): boolean => key.startsWith(PREFIX);

/**
 * The hash of the key is part of what is signed, so a token ends when its key gets another secret. It also means that the
 * gateway's own secret alone is not enough to make tokens of a key.
 */
const signatureOf = (secret: Buffer, keyHash: string, body: string): string =>
  createHmac('sha256', secret).update(`${PREFIX}${keyHash}.${body}`).digest('base64url');

export function signToken(secret: Buffer, keyHash: string, claims: TokenClaims): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${PREFIX}${body}.${signatureOf(secret, keyHash, body)}`;
}

/** A token whose signature was not compared yet: its claims may be forged. */
export interface UncheckedToken {
  readonly claims: TokenClaims;
  /** Compares the signature, in a time that does not depend on where it differs. */
  isSignedWith(secret: Buffer, keyHash: string): boolean;
}

/** Null: it is not a token. */
export function takeApart(token: string): UncheckedToken | null {
  if (token.length > MAX_TOKEN_LENGTH || !isClientToken(token)) return null;
  const [body = '', signature = '', ...rest] = token.slice(PREFIX.length).split('.');
  if (rest.length > 0 || signature.length !== SIGNATURE_LENGTH) return null;
  const { data: claims } = TokenClaims.safeParse(parseOrNull(Buffer.from(body, 'base64url').toString()));
  if (!claims) return null;
  return {
    claims,
    isSignedWith(secret, keyHash) {
      // The texts are compared, because several texts decode to the same bytes.
      const shown = Buffer.from(signature);
      const expected = Buffer.from(signatureOf(secret, keyHash, body));
      return shown.length === expected.length && timingSafeEqual(shown, expected);
    },
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
