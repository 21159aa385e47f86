import { isObject, isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import type { Quirks } from './quirks.ts';
import { repairImages } from './repair-images.ts';

type Fields = Record<string, unknown>;

/** The text of a thought, which may be an object or a list of objects around it. Null: there is none. */
function textOf(thought: unknown): string | null {
  if (typeof thought === 'string') return thought;
  if (Array.isArray(thought)) return thought.map((one) => textOf(one) ?? '').join('') || null;
  return isRecord(thought) ? textOf(thought.text ?? thought.thinking ?? thought.content) : null;
}

/**
 * Sets both `reasoning` and `reasoning_content`: upstreams send one of them, or use another name, and clients read one of
 * them. True when something changed.
 */
function mirrorReasoning(holder: Fields): boolean {
  const { reasoning, reasoning_content: content } = holder;
  if (typeof reasoning === 'string' && typeof content === 'string') return false;
  const given = content ?? reasoning ?? holder.thinking ?? holder.thinking_blocks;
  const text = given == null ? null : textOf(given);
  if (text === null) return false;
  if (content == null || isObject(content)) holder.reasoning_content = text;
  if (reasoning == null || isObject(reasoning)) holder.reasoning = text;
  return true;
}

/** Throws when the finish reason is one by which the vendor says that it failed. */
function checkReason({ finish_reason: reason }: Fields, { failures }: Quirks): void {
  const failure = typeof reason === 'string' ? failures?.[reason] : undefined;
  if (failure) throw new AppError(failure, 'The upstream failed while answering.');
}

/** Repairs an upstream's deviations in a choice and in its delta or message. */
export const createChoiceRepair =
  (quirks: Quirks) =>
  (choice: Fields, holder: Fields): boolean => {
    if (quirks.choiceErrors && choice.error) throw readErrorEvent(choice);
    checkReason(choice, quirks);
    const pictured = repairImages(holder);
    return mirrorReasoning(holder) || pictured;
  };

/** Repairs an upstream's deviations in the usage, in place. */
export function adaptUsage(usage: unknown, { cachedTokens }: Quirks): boolean {
  if (!cachedTokens || !isRecord(usage)) return false;
  const cached = usage[cachedTokens];
  const details = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  if (typeof cached !== 'number' || details.cached_tokens != null) return false;
  usage.prompt_tokens_details = { ...details, cached_tokens: cached };
  return true;
}
