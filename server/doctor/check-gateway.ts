import type { Env } from '../env.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const ASK_MS = 3_000;

/** Whether nothing listens there. A port that `fetch` refuses to ask counts as free. */
const isFree = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  (('code' in error.cause && error.cause.code === 'ECONNREFUSED') || error.cause.message === 'bad port');

/** Checks what answers at the gateway's address: the gateway, nothing, or another program. */
async function checkAddress({ gatewayUrl }: Env): Promise<Finding> {
  const stranger = () =>
    problem('address', `Another program answers at ${gatewayUrl}.`, 'Stop it, or set PORT to a free port.');
  try {
    const response = await fetch(`${gatewayUrl}/readyz`, { signal: AbortSignal.timeout(ASK_MS), redirect: 'error' });
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null || !('routes' in body) || !('status' in body)) return stranger();
    if (body.status === 'ready') return ok('address', `The gateway answers at ${gatewayUrl}.`);
    return warning('address', `The gateway at ${gatewayUrl} is ${String(body.status)}.`, `See ${gatewayUrl}/readyz.`);
  } catch (error) {
    return isFree(error) ? ok('address', `No gateway runs, and ${gatewayUrl} is free.`) : stranger();
  }
}

function checkExposure({ isLocal, host, metricsBearer, corsOrigins }: Env): Finding {
  if (isLocal) return ok('exposure', `Only this machine can reach the gateway (HOST=${host}).`);
  const open = [
    'keys and messages travel as plain text, unless a proxy with TLS stands before the gateway',
    ...(metricsBearer ? [] : ['/metrics is off, because METRICS_BEARER is not set']),
    ...(corsOrigins.includes('*') ? ['pages of every origin may read answers (CORS_ORIGINS=*)'] : []),
  ];
  return warning(
    'exposure',
    `Other machines can reach the gateway (HOST=${host}): ${open.join('; ')}.`,
    'See docs/operations.md.',
  );
}

export const checkGateway = async (env: Env): Promise<Finding[]> => [await checkAddress(env), checkExposure(env)];
