import type { ChatCompletionChunk } from '../../../../contracts/chat/completion.ts';
import type { ChatMessage } from '../../../../contracts/chat/message.ts';
import type { ResponseRequest } from '../../../../contracts/responses/request.ts';
import { dropUnsupported, toApplied } from '../../../canonical/drop-unsupported.ts';
import { isToken } from '../../../canonical/is-token.ts';
import { repairHistory } from '../../../canonical/repair-history.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { Principal } from '../../access/caller.ts';
import { mayUseHosted } from '../../access/check-fields.ts';
import type { Surface } from '../../chat/complete-chat.ts';
import type { Backend, CatalogModel } from '../../models/catalog.ts';
import { type TranslatedRequest, targetOf, toCompletionFields } from './to-completion.ts';
import { type PlacedItem, toMessages } from './to-messages.ts';
import { isNative, isSelfContained, toOriginal } from './to-original.ts';
import type { Unsupported } from './unsupported.ts';

interface Translation extends TranslatedRequest {
  readonly input: ChatMessage[];
  /** The backends that can serve the request. */
  readonly backends: readonly Backend[];
}

const place = (items: ResponseRequest['input']): PlacedItem[] =>
  typeof items === 'string' ? [] : (items ?? []).map((item, i) => ({ item, at: `input[${i}]` }));

/**
 * What only OpenAI's own interface can do goes to backends that speak it, where the request can be passed on as it is. Else
 * it is refused, or left out, as the model says.
 */
function translate(
  request: ResponseRequest,
  model: CatalogModel,
  items: readonly PlacedItem[],
  hosted: boolean,
): Translation {
  const target = { ...targetOf(model), hosted };
  const attempt = (
    backends: readonly Backend[],
    unknown: Unsupported,
    given = request,
    placed = items,
  ): Translation => {
    const translated = toCompletionFields(given, target, unknown);
    return { ...translated, input: toMessages(placed, translated.tools.sendsCustom, unknown), backends };
  };
  try {
    return attempt(model.backends, 'refuse');
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_field') throw error;
    const able = hosted && isSelfContained(request) ? model.backends.filter(isNative) : [];
    if (able.length > 0) return attempt(able, 'skip');
    const whole = { ...request, input: items.map(({ item }) => item) };
    const { translated, dropped } = dropUnsupported(whole, model.unsupported === 'drop', (given) =>
      attempt(model.backends, 'refuse', given, place(given.input)),
    );
    return { ...translated, applied: [...translated.applied, ...toApplied(dropped)] };
  }
}

const PREAMBLE: ReadonlySet<unknown> = new Set(['response.created', 'response.in_progress', 'response.queued']);

/** Whether an answer has begun, in the upstream's own events where it is passed on. */
function begins(chunk: ChatCompletionChunk): boolean {
  const { original_event: event } = chunk;
  if (typeof event !== 'object' || event === null || !('type' in event)) return isToken(chunk);
  return !PREAMBLE.has(event.type);
}

/** How a response becomes a chat. */
export interface ResponsePlan extends Pick<Translation, 'fields' | 'tools' | 'input'> {
  readonly surface: Surface;
}

/** Translates a request, and says how each backend gets it. `items` are its input, with what it refers to. */
export function planResponse(
  request: ResponseRequest,
  model: CatalogModel,
  items: readonly PlacedItem[],
  principal: Principal,
): ResponsePlan {
  const hosted = mayUseHosted(principal, model);
  const { fields, tools, applied, input, backends } = translate(request, model, items, hosted);
  // A field that this key must not send must not reach the upstream in another way.
  const whole = hosted || tools.dropped.size === 0;
  // A history that had to be repaired is sent repaired, unless only an upstream of this dialect can read it.
  const isSound = repairHistory(input) === input;
  const passes = whole && isSelfContained(request) && (isSound || backends !== model.backends);
  const original = passes && backends.some(isNative) ? toOriginal(request, items) : undefined;
  const told = isSound ? applied : [...applied, 'history_repaired'];
  const adapt = (backend: Backend) => ({ changes: {}, applied: original && isNative(backend) ? [] : told });
  return { fields, tools, input, surface: { operation: 'v1.responses', original, backends, adapt, isToken: begins } };
}
