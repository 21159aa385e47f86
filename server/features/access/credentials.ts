import { hash } from 'node:crypto';
import { isClientToken } from './sign-token.ts';

/** The SHA-256 hash by which a key is looked up. */
export const hashKey = (key: string): Buffer => hash('sha256', key, 'buffer');

/** The keys that a request shows. */
export interface Credentials {
  readonly hashes: readonly Buffer[];
  /** Client tokens, unchanged. */
  readonly tokens: readonly string[];
  /** There is an `Authorization` header that is not `Bearer <key>`. */
  readonly malformed: boolean;
}

/** The limit of keys that one request may send. Each costs a hash, and a client that sends more is guessing. */
const MOST = 8;

/** Node joins the values of a header that was sent twice, and a proxy may do so too. */
const valuesOf = (header: string | readonly string[] | undefined): string[] =>
  [header ?? []].flat().flatMap((value) => (value.includes(',') ? [value, ...value.split(',')] : [value]));

const bearerIn = (value: string): string | undefined => /^ *Bearer +(\S+) *$/i.exec(value)?.[1];

/** Separates keys, which are looked up by their hashes, from client tokens. */
export function sortKeys(shown: readonly string[]): Pick<Credentials, 'hashes' | 'tokens'> {
  return {
    hashes: shown.filter((key) => !isClientToken(key)).map(hashKey),
    tokens: shown.filter(isClientToken),
  };
}

/**
 * Takes every key out of `Authorization: Bearer <key>`, `x-api-key: <key>` (as Anthropic's clients send it) and
 * `api-key: <key>` (as Azure's do). Agents send a credential of their own beside ours, so none of them decides alone.
 */
export function readCredentials(headers: Readonly<Record<string, string | string[] | undefined>>): Credentials {
  const { authorization, 'x-api-key': apiKey, 'api-key': azureKey } = headers;
  const bearers = valuesOf(authorization).map(bearerIn);
  const keys = [...bearers, ...[...valuesOf(apiKey), ...valuesOf(azureKey)].map((key) => key.trim())];
  const shown = new Set(keys.filter((key): key is string => key !== undefined && key !== ''));
  return {
    ...sortKeys([...shown].slice(0, MOST)),
    malformed: authorization !== undefined && !bearers.some((bearer) => bearer !== undefined),
  };
}
