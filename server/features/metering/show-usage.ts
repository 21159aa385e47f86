import type { Usage } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import type { BelievedUsage } from './believe-usage.ts';

/** The details of a usage, with the named count limited to `most`. */
function fitDetails<Details extends Record<string, unknown>>(
  details: Details | null | undefined,
  name: string,
  most: number,
): Details | null | undefined {
  const count = details?.[name];
  return details && typeof count === 'number' && count > most ? { ...details, [name]: most } : details;
}

/**
 * The usage that the client gets. When the upstream's counts are believed, it is the upstream's own object; otherwise it has
 * the counts that the request is paid by. Fields that only the upstream knows are kept.
 */
export function showUsage(given: Usage | null, used: BelievedUsage): Usage {
  const { promptTokens: prompt, completionTokens: completion } = used;
  if (given && given.prompt_tokens === prompt && given.completion_tokens === completion) {
    return given.total_tokens < prompt + completion ? { ...given, total_tokens: prompt + completion } : given;
  }
  const read = fitDetails(given?.prompt_tokens_details, 'cached_tokens', used.cachedTokens);
  const written = fitDetails(given?.completion_tokens_details, 'reasoning_tokens', used.reasoningTokens);
  return {
    ...given,
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(read ? { prompt_tokens_details: read } : {}),
    ...(written ? { completion_tokens_details: written } : {}),
  };
}

/** The part of a meter that the usage is made of. */
interface Counted {
  /** See `Meter.shown`. */
  readonly shown: Usage | null;
  readonly showsCost: boolean;
  readonly costUsd: number;
}

/** The usage for a client, with the cost where the client asked for it. Null: nothing was used. */
export function usageFor(meter: Counted): Usage | null {
  const { shown } = meter;
  return shown && meter.showsCost ? { ...shown, cost: meter.costUsd } : shown;
}

/** An answer with the usage that its client gets. Its bytes do not change when that is the upstream's own usage. */
export function withUsage<T extends { readonly usage?: Usage | null | undefined }>(
  answer: Json<T>,
  meter: Counted,
): Json<T> {
  const usage = usageFor(meter);
  return usage === null || usage === answer.value.usage ? answer : answer.with({ usage });
}

/** The fields of OpenAI's own usage. */
const STANDARD: ReadonlySet<string> = new Set([
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_tokens_details',
  'completion_tokens_details',
]);

/** Whether a usage has fields that only its upstream knows, such as a cost or times. */
export const isExtended = (usage: Usage): boolean =>
  Object.entries(usage).some(([name, value]) => value !== null && !STANDARD.has(name));
