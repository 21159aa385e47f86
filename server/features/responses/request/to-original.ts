import type { InputItem } from '../../../../contracts/responses/item.ts';
import type { ResponseRequest } from '../../../../contracts/responses/request.ts';
import { isObject } from '../../../canonical/json.ts';
import type { OriginalRequest } from '../../../providers/provider.ts';
import type { Backend } from '../../models/catalog.ts';
import { decodeSignature } from '../answer/reasoning-signature.ts';
import type { PlacedItem } from './to-messages.ts';

const DIALECT = 'openai-responses';

export const isNative = ({ provider }: Backend): boolean => provider.nativeDialect === DIALECT;

/** Whether a request holds everything that it is about: nothing of it is in this gateway's memory, nor is to be. */
export const isSelfContained = ({ store, previous_response_id: previous }: ResponseRequest): boolean =>
  store === false && previous == null;

/**
 * Decodes reasoning whose signature this gateway encoded. Reasoning of this vendor goes back as the vendor sent it;
 * reasoning of other vendors is left out.
 */
function withOwnReasoning(item: InputItem): InputItem[] {
  const signature =
    item.type === 'reasoning' && item.encrypted_content ? decodeSignature(item.encrypted_content) : null;
  if (!signature) return [item];
  const own = signature.details.filter(isObject).find(({ format, data }) => format === `${DIALECT}-v1` && data);
  if (!own || typeof own.data !== 'string') return [];
  const id = typeof own.id === 'string' ? { id: own.id } : {};
  return [{ type: 'reasoning', ...id, summary: item.summary ?? [], encrypted_content: own.data }];
}

/** OpenAI's SDK adds what it parsed to the items that it gives out, and OpenAI itself refuses that. */
function withoutParsed({ parsed_arguments: _, ...item }: InputItem): InputItem {
  const { content } = item;
  return Array.isArray(content) ? { ...item, content: content.map(({ parsed: __, ...part }) => part) } : item;
}

/**
 * The request as an upstream of the very same dialect gets it; `items` are its input, with what it refers to. `usage` asks
 * this gateway for the cost.
 */
export function toOriginal(request: ResponseRequest, items: readonly PlacedItem[]): OriginalRequest {
  const { input, usage: _, on_disconnect: __, ...rest } = request;
  const whole = Array.isArray(input) ? items.flatMap(({ item }) => withOwnReasoning(withoutParsed(item))) : input;
  return { dialect: DIALECT, body: { ...rest, input: whole }, headers: {} };
}
