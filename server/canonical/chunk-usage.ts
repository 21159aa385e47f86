import type { Usage } from '../../contracts/chat/completion.ts';
import { isRecord } from './json.ts';

/** The largest count that is believed. */
const MAX_COUNT = 1e15;

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT;

/** The usage details that are valid counts. Other values are left out. */
function soundDetails(details: Record<string, unknown>): Record<string, unknown> {
  const odd = Object.entries(details).some(
    ([key, value]) => key.endsWith('_tokens') && value != null && !isCount(value),
  );
  if (!odd) return details;
  return Object.fromEntries(
    Object.entries(details).filter(([key, value]) => !key.endsWith('_tokens') || isCount(value)),
  );
}

const DETAILS = ['prompt_tokens_details', 'completion_tokens_details'] as const;

const isUsage = (value: Record<string, unknown>): value is Usage =>
  isCount(value.prompt_tokens) && isCount(value.completion_tokens) && isCount(value.total_tokens);

/**
 * The usage of an upstream in whole numbers: the very same object when it was valid, and null when it has no counts.
 * Fields that only the upstream knows are kept.
 */
export function soundUsage(given: unknown): Usage | null {
  if (!isRecord(given) || !isCount(given.prompt_tokens) || !isCount(given.completion_tokens)) return null;
  const changes: Record<string, unknown> = {};
  if (!isCount(given.total_tokens)) changes.total_tokens = given.prompt_tokens + given.completion_tokens;
  for (const name of DETAILS) {
    const details = given[name];
    if (details == null) continue;
    const sound = isRecord(details) ? soundDetails(details) : null;
    if (sound !== details) changes[name] = sound;
  }
  const usage = Object.keys(changes).length > 0 ? { ...given, ...changes } : given;
  return isUsage(usage) ? usage : null;
}
