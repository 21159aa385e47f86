import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Env } from '../env.ts';
import { systemCodeOf } from '../errors/system-code.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const ASK_MS = 3_000;

/** Whether nothing listens there. A port that `fetch` refuses to ask counts as free. */
const isFree = (error: unknown): boolean =>
  error instanceof Error &&
  error.cause instanceof Error &&
  (systemCodeOf(error.cause) === 'ECONNREFUSED' || error.cause.message === 'bad port');

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
    'keys and messages travel as plain text, unless a proxy with TLS is in front of the gateway',
    ...(metricsBearer ? [] : ['/metrics is off, because METRICS_BEARER is not set']),
    ...(corsOrigins.includes('*') ? ['pages of every origin may read answers (CORS_ORIGINS=*)'] : []),
  ];
  return warning(
    'exposure',
    `Other machines can reach the gateway (HOST=${host}): ${open.join('; ')}.`,
    'See docs/operations.md.',
  );
}

/** An address that no network card of this machine has cannot be listened on. */
function checkHost({ host }: Env): Finding[] {
  const own = Object.values(networkInterfaces()).flatMap((cards) => cards?.map(({ address }) => address) ?? []);
  if (isIP(host) === 0 || /^(127\.|0\.0\.0\.0$|::1?$)/.test(host) || own.includes(host)) return [];
  const what = `This machine does not have the address ${host} (HOST).`;
  return [problem('address', what, `Set HOST to 0.0.0.0, or to an address of this machine: ${own.join(', ')}.`)];
}

export const checkGateway = async (env: Env): Promise<Finding[]> => [
  ...checkHost(env),
  await checkAddress(env),
  checkExposure(env),
];
