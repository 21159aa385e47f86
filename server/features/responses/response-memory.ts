import { InputItem } from '../../../contracts/responses/item.ts';
import type { ResponseRequest } from '../../../contracts/responses/request.ts';
import { isEnd } from './answer/passed-events.ts';
import type { EventBatch } from './run-response.ts';

/** A response that is not stored, as the next request needs it. */
export interface Remembered {
  /** The stored response that the input follows; null when the input begins the conversation. */
  readonly after: string | null;
  readonly input: readonly InputItem[];
  readonly output: readonly InputItem[];
}

/** Remembers responses that are not stored, for the connection that asked for them. */
export interface ResponseMemory {
  recall(responseId: string): Remembered | undefined;
  keep(responseId: string, remembered: Remembered): void;
}

const toItems = (input: ResponseRequest['input']): readonly InputItem[] => {
  if (typeof input !== 'string') return input ?? [];
  return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }];
};

/** The request with all items of the response that it continues, when `memory` has that response. */
export function recallItems(request: ResponseRequest, memory: ResponseMemory): ResponseRequest {
  const before = request.previous_response_id == null ? undefined : memory.recall(request.previous_response_id);
  if (!before) return request;
  const { after, input, output } = before;
  return { ...request, previous_response_id: after, input: [...input, ...output, ...toItems(request.input)] };
}

/**
 * Passes events on, and keeps their response in `memory` before the last of them is passed on, because the next request
 * may come at once.
 */
export async function* rememberResponse(
  events: AsyncGenerator<EventBatch, void, void>,
  request: ResponseRequest,
  memory: ResponseMemory,
): AsyncGenerator<EventBatch, void, void> {
  const begun = { after: request.previous_response_id ?? null, input: toItems(request.input) };
  for await (const batch of events) {
    for (const { value } of batch) {
      const { response } = value;
      if (!response || !isEnd(value)) continue;
      memory.keep(response.id, { ...begun, output: response.output.map((item) => InputItem.parse(item)) });
    }
    yield batch;
  }
}
