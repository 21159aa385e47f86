import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorBody } from '../../contracts/errors.ts';
import type { Env } from '../env.ts';
import { systemCodeOf } from '../errors/system-code.ts';

/** An error that the typed command did not cause. Its message is for the operator. */
export class CallError extends Error {}

/** For an answer that the gateway would not give. */
export const notTheGateway = (cause: unknown): CallError =>
  new CallError('The program at this address is not this gateway. Set DUPLEX_URL to the address of the gateway.', {
    cause,
  });

/** The administrator's bearer, of the environment or of the data folder. Throws `CallError`. */
export function readBearer({ apiBearer, dataDir }: Env): string {
  if (apiBearer) return apiBearer;
  try {
    return readFileSync(join(dataDir, 'api-bearer'), 'utf8').trim();
  } catch (cause) {
    throw new CallError(explainNoBearer(join(dataDir, 'api-bearer'), cause), { cause });
  }
}

function explainNoBearer(file: string, cause: unknown): string {
  return systemCodeOf(cause) === 'EACCES'
    ? `This user is not allowed to read ${file}. Run the command as the user that runs the gateway, or set API_BEARER.`
    : 'No bearer was found. Set API_BEARER, or run this command in the folder where the gateway was started.';
}

/** How long the gateway may take to answer, in ms. */
const ANSWER_MS = 60_000;

/** Why there was no answer, and what to do. */
function explainSilence(url: string, error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = systemCodeOf(cause);
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return `The gateway at ${url} did not answer within ${ANSWER_MS / 1000} s. Look at its log, and at \`duplex doctor\`.`;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET')
    return `The gateway at ${url} closed the connection without an answer. If it is stopping, start it again.`;
  // Undici's own refusal of ports that belong to other protocols says nothing that helps.
  const isPlain = code === 'ECONNREFUSED' || !(cause instanceof Error) || cause.message === 'bad port';
  const reason = isPlain ? '' : ` (${cause.message})`;
  return `No gateway answers at ${url}${reason}. Start it, or set DUPLEX_URL to its address.`;
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
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new CallError(describe(env.gatewayUrl, response.status, text));
    // Other servers answer some of these addresses with JSON, too.
    if (!response.headers.get('x-request-id')?.startsWith('req_')) throw notTheGateway(null);
    return { text, isJson: response.headers.get('content-type')?.startsWith('application/json') === true };
  } catch (cause) {
    if (cause instanceof CallError) throw cause;
    throw new CallError(explainSilence(env.gatewayUrl, cause), { cause });
  }
}

function describe(url: string, status: number, text: string): string {
  try {
    const { code, message, param } = ErrorBody.parse(JSON.parse(text)).error;
    if (code === 'invalid_authorization') {
      return `The gateway at ${url} does not accept this key (${code}). Set API_BEARER to its administrator's key, or give another --key.`;
    }
    return `${message} (${code}${param ? `, ${param}` : ''})`;
  } catch {
    return `The answer has the status ${status}, but no error of this gateway. Set DUPLEX_URL to the address of the gateway.`;
  }
}
