import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { ProviderHealth } from '../provider.ts';
import type { Exchange } from './exchange.ts';
import { expectSuccess } from './read-error.ts';
import { toUpstreamError } from './upstream-client.ts';

/** Whether the server is only loading its model, which llama.cpp's server reports with a 503. */
async function explain(exchange: Exchange, status: number): Promise<Pick<ProviderHealth, 'loading' | 'detail'>> {
  const failure: unknown = await expectSuccess(exchange).catch((error: unknown) => error);
  return failure instanceof AppError && failure.code === 'model_loading'
    ? { loading: true, detail: 'loads its model' }
    : { detail: `answered ${status}` };
}

/** Tells whether an upstream is up, from the answer to a request that costs no tokens. Never throws. */
export async function probe(exchange: Exchange): Promise<ProviderHealth> {
  const start = monotonicNow();
  try {
    const { status } = await exchange.head;
    const latencyMs = Math.round(monotonicNow() - start);
    return status < 500 && status !== 401 && status !== 403
      ? { up: true, latencyMs }
      : { up: false, latencyMs, ...(await explain(exchange, status)) };
  } catch (error) {
    return { up: false, latencyMs: null, detail: toUpstreamError(error).code };
  } finally {
    exchange.abort();
  }
}
