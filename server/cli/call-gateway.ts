import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorBody } from '../../contracts/errors.ts';
import type { Env } from '../env.ts';

/** What went wrong beyond what was typed, in words for the operator. */
export class CallError extends Error {}

/** The administrator's bearer, of the environment or of the data folder. Throws `CallError`. */
export function readBearer({ apiBearer, dataDir }: Env): string {
  if (apiBearer) return apiBearer;
  try {
    return readFileSync(join(dataDir, 'api-bearer'), 'utf8').trim();
  } catch (cause) {
    throw new CallError('There is no bearer: set API_BEARER, or run this in the folder of the gateway.', { cause });
  }
}

/** One request to the gateway with `key`; its refusal is a `CallError`. */
export async function callGateway(env: Env, url: URL, key: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (cause) {
    throw new CallError(`No gateway answers at ${env.gatewayUrl}; set DUPLEX_URL.`, { cause });
  }
  if (!response.ok) throw new CallError(describe(response.status, await response.text()));
  return response;
}

function describe(status: number, text: string): string {
  try {
    const { code, message, param } = ErrorBody.parse(JSON.parse(text)).error;
    return `${message} (${code}${param ? `, ${param}` : ''})`;
  } catch {
    return `The gateway answered ${status}.`;
  }
}
