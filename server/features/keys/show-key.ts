import type { ApiKey, UpdateKeyRequest } from '../../../contracts/keys/key.ts';
import type { KeyFields, KeyRow } from '../../store/interface/keys.ts';
import { toMicro, toUsdOrNull } from '../metering/micro-usd.ts';

const microOf = (usd: number | null | undefined) => (usd == null ? usd : toMicro(usd));

export const showKey = (row: KeyRow): ApiKey => ({
  id: row.id,
  prefix: row.prefix,
  name: row.name,
  owner: row.owner,
  group: row.group,
  expires_at: row.expiresAt?.toISOString() ?? null,
  models: row.models && [...row.models],
  ip_ranges: row.ipRanges && [...row.ipRanges],
  cors_origins: row.corsOrigins && [...row.corsOrigins],
  enabled: row.enabled,
  requests_per_minute: row.requestsPerMinute,
  tokens_per_minute: row.tokensPerMinute,
  concurrent_requests: row.concurrent,
  daily_budget_usd: toUsdOrNull(row.dailyBudget),
  monthly_budget_usd: toUsdOrNull(row.monthlyBudget),
  created_at: row.createdAt.toISOString(),
  revoked_at: row.revokedAt?.toISOString() ?? null,
});

/** Leaves out the fields that were not given. */
export function toKeyFields(request: Omit<UpdateKeyRequest, 'key_id'>): Partial<KeyFields> {
  const { expires_at } = request;
  const all = {
    name: request.name,
    group: request.group,
    expiresAt: expires_at == null ? expires_at : new Date(expires_at),
    models: request.models,
    ipRanges: request.ip_ranges,
    corsOrigins: request.cors_origins,
    enabled: request.enabled,
    requestsPerMinute: request.requests_per_minute,
    tokensPerMinute: request.tokens_per_minute,
    concurrent: request.concurrent_requests,
    dailyBudget: microOf(request.daily_budget_usd),
    monthlyBudget: microOf(request.monthly_budget_usd),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
