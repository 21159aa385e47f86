import type { ListUsageRequest, UsageEntry, UsageEntryList } from '../../../contracts/usage/usage.ts';
import type { Store } from '../../store/interface/store.ts';
import type { UsageRow } from '../../store/interface/usage.ts';
import type { Principal } from '../access/caller.ts';
import { toUsd } from '../metering/micro-usd.ts';
import { showKeptPrice } from '../models/show-price.ts';
import { nameKeys } from './name-keys.ts';
import { toFilter } from './usage-filter.ts';

const showEntry = (row: UsageRow, keyName: string | null): UsageEntry => ({
  request_id: row.requestId,
  at: row.at.toISOString(),
  operation: row.operation,
  model: row.alias,
  asked_model: row.askedModel,
  provider: row.provider,
  upstream_model: row.model,
  key_id: row.keyId,
  key_name: keyName,
  owner: row.owner,
  group: row.group,
  conversation_id: row.conversationId,
  outcome: row.outcome,
  prompt_tokens: row.promptTokens,
  cached_tokens: row.cachedTokens,
  completion_tokens: row.completionTokens,
  reasoning_tokens: row.reasoningTokens,
  estimated: row.estimated,
  cost_usd: toUsd(row.cost),
  price: showKeptPrice(row.price),
  latency_ms: row.latencyMs,
  first_token_ms: row.firstTokenMs,
  cache_write_tokens: row.cacheWriteTokens,
  attempts: row.attempts.map(({ backend, startMs, ms, outcome }) => ({ backend, start_ms: startMs, ms, outcome })),
});

/** `GET /api/usage/requests` */
export async function listUsage(
  { usage, keys }: Pick<Store, 'usage' | 'keys'>,
  { limit = 100, offset = 0, conversation_id: conversationId, request_id: requestId, ...asked }: ListUsageRequest,
  principal: Principal,
): Promise<UsageEntryList> {
  const filter = toFilter(asked, principal);
  await usage.flush();
  const rows = await usage.list({ ...filter, conversationId, requestId }, { limit, offset });
  const nameOf = await nameKeys(
    keys,
    rows.map(({ keyId }) => keyId),
  );
  return { items: rows.map((row) => showEntry(row, nameOf(row.keyId))) };
}
