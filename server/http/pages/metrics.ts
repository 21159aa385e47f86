import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { hashKey } from '../../features/access/credentials.ts';
import type { Gate } from '../../features/access/gate.ts';
import { addressOf } from '../connections/address-of.ts';
import { dataHeaders } from './security-headers.ts';

export interface MetricsPageOptions {
  readonly metrics: { readonly contentType: string; scrape(): Promise<string> };
  /**
   * The bearer that scrapers must send. Undefined: none is needed, as long as only this machine can reach the gateway.
   */
  readonly bearer: string | undefined;
  /** Whether the gateway listens on a loopback address only. */
  readonly isLocal: boolean;
  readonly gate: Pick<Gate, 'countGuess' | 'proxies'>;
}

const bearerOf = (header: string | undefined): string => /^Bearer +(.+)$/i.exec(header ?? '')?.[1] ?? '';

/** Serves `GET /metrics` for Prometheus. */
export async function metricsPlugin(
  app: FastifyInstance,
  { metrics, bearer, isLocal, gate }: MetricsPageOptions,
): Promise<void> {
  const expected = bearer === undefined ? null : hashKey(bearer);

  function check({ headers: { authorization }, raw }: FastifyRequest): void {
    if (expected === null) {
      if (isLocal) return;
      throw new AppError(
        'permission_denied',
        'Metrics are off, because HOST is not a loopback address. Set METRICS_BEARER, and send it with each scrape.',
      );
    }
    const shown = bearerOf(authorization);
    if (shown === '') {
      throw new AppError('missing_authorization', 'Send "Authorization: Bearer <METRICS_BEARER>".', {
        param: 'Authorization',
      });
    }
    if (!timingSafeEqual(hashKey(shown), expected)) {
      gate.countGuess(addressOf(gate.proxies, raw));
      throw new AppError('invalid_authorization', 'The bearer is not METRICS_BEARER.', { param: 'Authorization' });
    }
  }

  app.get('/metrics', async (request, reply) => {
    check(request);
    const text = await metrics.scrape();
    return reply.headers(dataHeaders).type(metrics.contentType).send(text);
  });
}
