import type { AttemptRow, RequestFilter, UsageFilter, UsageRow } from './interface/usage.ts';
import type { Statements } from './sqlite/connection.ts';
import { textOrNull } from './sqlite/values.ts';
import { conditionOf } from './usage-condition.ts';

/** Which rows are listed. */
export interface ListRequest {
  readonly filter: UsageFilter & RequestFilter;
  readonly limit: number;
  readonly offset: number;
}

/** The columns in the order in which `toRow` reads them. */
const COLUMNS = [
  ...['requestId', 'at', 'operation', 'alias', 'askedModel', 'provider', 'model', 'outcome', 'conversationId'],
  ...['keyId', 'owner', 'group', 'price', 'attempts', 'estimated', 'firstTokenMs', 'promptTokens', 'completionTokens'],
  ...['cachedTokens', 'cacheWriteTokens', 'reasoningTokens', 'cost', 'latencyMs'],
]
  .map((column) => `"${column}"`)
  .join(', ');

const readAttempts = (text: unknown): AttemptRow[] => (typeof text === 'string' ? JSON.parse(text) : []);

function toRow(stored: readonly unknown[]): UsageRow {
  const [requestId, at, operation, alias, askedModel, provider, model, outcome, conversationId, ...others] = stored;
  const [keyId, owner, group, price, attempts, estimated, firstTokenMs, ...counts] = others;
  const [promptTokens = 0, completionTokens = 0, cachedTokens = 0, cacheWriteTokens = 0, ...rest] = counts.map(Number);
  const [reasoningTokens = 0, cost = 0, latencyMs = 0] = rest;
  return {
    requestId: String(requestId),
    at: new Date(String(at)),
    operation: String(operation),
    alias: String(alias),
    askedModel: textOrNull(askedModel),
    provider: textOrNull(provider),
    model: textOrNull(model),
    outcome: String(outcome),
    conversationId: textOrNull(conversationId),
    keyId: textOrNull(keyId),
    owner: textOrNull(owner),
    group: textOrNull(group),
    price: textOrNull(price),
    attempts: readAttempts(attempts),
    estimated: Number(estimated) === 1,
    firstTokenMs: firstTokenMs === null ? null : Number(firstTokenMs),
    promptTokens,
    completionTokens,
    cachedTokens,
    cacheWriteTokens,
    reasoningTokens,
    cost,
    latencyMs,
  };
}

/**
 * Single requests, newest first. A filter that few rows pass, or a page far back, reads every row of the time, so it runs
 * in the background thread.
 */
export function listUsage(db: Statements, { filter, limit, offset }: ListRequest): UsageRow[] {
  const { sql, values } = conditionOf(filter);
  const rows = db.all(
    `SELECT ${COLUMNS} FROM "Usage" WHERE ${sql} ORDER BY "at" DESC, "requestId" DESC LIMIT ? OFFSET ?`,
    ...values,
    BigInt(limit),
    BigInt(offset),
  );
  return rows.map(toRow);
}
