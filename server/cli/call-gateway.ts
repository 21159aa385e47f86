import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorBody } from '../../contracts/errors.ts';
import type { Env } from '../env.ts';

/** An error that the typed command did not cause. Its message is for the operator. */
export class CallError extends Error {}

/** The administrator's bearer, of the environment or of the data folder. Throws `CallError`. */
export function readBearer({ apiBearer, dataDir }: Env): string {
  if (apiBearer) return apiBearer;
  try {
    return readFileSync(join(dataDir, 'api-bearer'), 'utf8').trim();
  } catch (cause) {
    throw new CallError(
      'No bearer was found. Set API_BEARER, or run this command in the folder where the gateway was started.',
      { cause },
    );
  }
}

interface Answer {
  readonly text: string;
  readonly isJson: boolean;
}

/** One request to the gateway with `key`. Throws `CallError` when the gateway refuses it or cannot be reached. */
export async function callGateway(env: Env, url: URL, key: string, init: RequestInit = {}): Promise<Answer> {
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new CallError('The key has characters that no key has, such as "…" or a space. Paste the whole key.');
  }
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  try {
    const response = await fetch(url, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new CallError(describe(response.status, text));
    return { text, isJson: response.headers.get('content-type')?.startsWith('application/json') === true };
  } catch (cause) {
    if (cause instanceof CallError) throw cause;
    throw new CallError(`No gateway answers at ${env.gatewayUrl}. Start it, or set DUPLEX_URL to its address.`, {
      cause,
    });
  }
}

function describe(status: number, text: string): string {
  try {
    const { code, message, param } = ErrorBody.parse(JSON.parse(text)).error;
    return `${message} (${code}${param ? `, ${param}` : ''})`;
  } catch {
    return `${status} was answered, without an error that is the gateway's. Set DUPLEX_URL to the address of the gateway.`;
  }
}
