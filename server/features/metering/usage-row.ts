import { AppError } from '../../errors/app-error.ts';
import type { UsageRow } from '../../store/interface/usage.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend } from '../models/catalog.ts';
import type { BelievedUsage } from './believe-usage.ts';
import type { MeteredJob } from './metered-job.ts';

/** A request that has ended. */
interface Ended {
  readonly request: {
    readonly operation: string;
    readonly job: MeteredJob;
    readonly conversationId?: string | null | undefined;
  };
  /** The one that was asked last; null while none was. */
  readonly backend: Backend | null;
  readonly used: BelievedUsage;
  readonly cost: number;
  /** The price ratio of the key's group. */
  readonly ratio: number;
  readonly failure: unknown;
  readonly times: Pick<UsageRow, 'at' | 'latencyMs' | 'firstTokenMs'>;
}

export const codeOf = (failure: unknown) => (failure instanceof AppError ? failure.code : null);

function outcomeOf(failure: unknown, { signal }: Caller): string {
  if (signal.aborted) return 'cancelled';
  if (failure === undefined) return 'ok';
  const code = codeOf(failure);
  return code === 'client_disconnected' ? 'cancelled' : (code ?? 'internal_error');
}

export function toUsageRow({ request, backend, used, cost, ratio, failure, times }: Ended): UsageRow {
  const { operation, job, conversationId = null } = request;
  const { model, caller } = job;
  const { keyId, owner, group } = caller.principal;
  const price = backend?.price ?? null;
  return {
    requestId: caller.requestId,
    operation,
    alias: model.mappedTo ?? model.alias,
    askedModel: model.mappedTo === null ? null : model.alias,
    provider: backend?.provider.id ?? null,
    model: backend?.model ?? null,
    promptTokens: used.promptTokens,
    completionTokens: used.completionTokens,
    cachedTokens: used.cachedTokens,
    cacheWriteTokens: used.cacheWriteTokens + used.cacheWriteHourTokens,
    reasoningTokens: used.reasoningTokens,
    estimated: used.isEstimated,
    outcome: outcomeOf(failure, caller),
    at: times.at,
    latencyMs: times.latencyMs,
    firstTokenMs: times.firstTokenMs,
    conversationId,
    keyId,
    owner,
    group,
    cost,
    price: price && JSON.stringify({ ...price, ratio }),
    attempts: caller.record.attempts,
  };
}
