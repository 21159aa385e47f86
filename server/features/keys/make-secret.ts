import { hash, randomInt } from 'node:crypto';
import type { KeySecret } from '../../store/interface/keys.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 48;
const SHOWN = 'sk-'.length + 6;

/** A new secret: `sk-` and 48 random letters and digits, which is 285 bits. Only its hash and prefix are stored. */
export function makeSecret(): KeySecret & { readonly secret: string } {
  const random = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const secret = `sk-${random}`;
  return { secret, hash: hash('sha256', secret, 'hex'), prefix: secret.slice(0, SHOWN) };
}
