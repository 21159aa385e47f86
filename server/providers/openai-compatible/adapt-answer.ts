import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import type { Quirks } from './quirks.ts';
import { repairImages } from './repair-images.ts';

type Fields = Record<string, unknown>;

/** Upstreams say either; clients read either: both are sent. */
function mirrorReasoning(holder: Fields): boolean {
  const { reasoning, reasoning_content: content } = holder;
  if (typeof reasoning === 'string' && content == null) holder.reasoning_content = reasoning;
  else if (typeof content === 'string' && reasoning == null) holder.reasoning = content;
  else return false;
  return true;
}

/** The vendor's own word for the reason becomes OpenAI's. Throws when it says that the upstream failed. */
function adaptReason(choice: Fields, { finishReasons, failures }: Quirks): boolean {
  const { finish_reason: reason } = choice;
  if (typeof reason !== 'string') return false;
  const failure = failures?.[reason];
  if (failure) throw new AppError(failure, 'The upstream failed while answering.');
  const known = finishReasons?.[reason];
  if (!known) return false;
  choice.finish_reason = known;
  choice.native_finish_reason = reason;
  return true;
}

/** What an upstream has of its own in a choice, and in its delta or message, becomes what OpenAI has. */
export const createChoiceRepair =
  (quirks: Quirks) =>
  (choice: Fields, holder: Fields): boolean => {
    if (quirks.choiceErrors && choice.error) throw readErrorEvent(choice);
    const adapted = adaptReason(choice, quirks);
    const pictured = repairImages(holder);
    return mirrorReasoning(holder) || pictured || adapted;
  };

/** The same of the usage, in place. */
export function adaptUsage(usage: unknown, { cachedTokens }: Quirks): boolean {
  if (!cachedTokens || !isRecord(usage)) return false;
  const cached = usage[cachedTokens];
  const details = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  if (typeof cached !== 'number' || details.cached_tokens != null) return false;
  usage.prompt_tokens_details = { ...details, cached_tokens: cached };
  return true;
}
