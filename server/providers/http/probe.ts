import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { ProviderHealth } from '../provider.ts';
import type { Exchange } from './exchange.ts';
import { toUpstreamError } from './upstream-client.ts';

/** Reads from the answer to a question that costs no tokens whether an upstream is up. Never throws. */
export async function probe(exchange: Exchange): Promise<ProviderHealth> {
  const start = monotonicNow();
  try {
    const { status } = await exchange.head;
    const latencyMs = Math.round(monotonicNow() - start);
    return status < 500 && status !== 401 && status !== 403
      ? { up: true, latencyMs }
      : { up: false, latencyMs, detail: `answered ${status}` };
  } catch (error) {
    return { up: false, latencyMs: null, detail: toUpstreamError(error).code };
  } finally {
    exchange.abort();
  }
}
