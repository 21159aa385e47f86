import type { Store } from '../../server/store/interface/store.ts';
import type { UsageRow } from '../../server/store/interface/usage.ts';

export function usageRow(requestId: string, fields: Partial<UsageRow> = {}): UsageRow {
  return {
    requestId,
    at: new Date('2026-01-02T03:04:05.678Z'),
    operation: 'c1.chat',
    alias: 'small',
    provider: 'local',
    model: 'vendor/small',
    promptTokens: 10,
    completionTokens: 20,
    cachedTokens: 5,
    reasoningTokens: 0,
    estimated: true,
    outcome: 'ok',
    latencyMs: 120,
    firstTokenMs: null,
    conversationId: null,
    keyId: null,
    owner: null,
    group: null,
    cost: 0,
    price: null,
    cacheWriteTokens: 0,
    askedModel: null,
    attempts: [],
    ...fields,
  };
}

let settled = 0;

/** Ends a reservation as a request of its own does. */
export function settle(store: Store, id: string, amount: number, userTokens?: number): void {
  store.usage.record(usageRow(`settled-${process.pid}-${++settled}`), { id, amount, reason: 'v1.chat', userTokens });
}
