import { logprobOf } from '../answer.ts';
import type { Asked } from '../asked.ts';
import type { JsonObject } from '../json.ts';
import type { ScriptedItem } from './openai-responses-items.ts';

/** An event without its sequence number. */
export interface TypedEvent {
  readonly type: string;
  readonly data: JsonObject;
  readonly token: boolean;
}

const event = (type: string, data: JsonObject, token = false): TypedEvent => ({ type, data, token });

function messageEvents({ item, pieces }: ScriptedItem, place: JsonObject, asked: Asked): TypedEvent[] {
  const [part] = Array.isArray(item.content) ? item.content : [];
  const at = { ...place, content_index: 0 };
  const refuses = part?.type === 'refusal';
  const empty = refuses ? { ...part, refusal: '' } : { ...part, text: '', logprobs: [] };
  const kind = refuses ? 'refusal' : 'output_text';
  const logprobs = (piece: string) => (refuses ? {} : { logprobs: asked.logprobs ? [logprobOf(piece)] : [] });
  const done = refuses ? { refusal: part.refusal } : { text: part?.text, logprobs: part?.logprobs };
  return [
    event('response.content_part.added', { ...at, part: empty }),
    ...pieces.map((delta) => event(`response.${kind}.delta`, { ...at, delta, ...logprobs(delta) }, true)),
    event(`response.${kind}.done`, { ...at, ...done }),
    event('response.content_part.done', { ...at, part }),
  ];
}

function reasoningEvents({ item, parts }: ScriptedItem, place: JsonObject): TypedEvent[] {
  return parts.flatMap((pieces, index) => {
    const text = pieces.join('');
    if (item.content) {
      const at = { ...place, content_index: index };
      return [
        event('response.content_part.added', { ...at, part: { type: 'reasoning_text', text: '' } }),
        ...pieces.map((delta) => event('response.reasoning_text.delta', { ...at, delta }, true)),
        event('response.reasoning_text.done', { ...at, text }),
        event('response.content_part.done', { ...at, part: { type: 'reasoning_text', text } }),
      ];
    }
    const at = { ...place, summary_index: index };
    return [
      event('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } }),
      ...pieces.map((delta) => event('response.reasoning_summary_text.delta', { ...at, delta }, true)),
      event('response.reasoning_summary_text.done', { ...at, text }),
      event('response.reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } }),
    ];
  });
}

function innerEvents(scripted: ScriptedItem, place: JsonObject, asked: Asked): TypedEvent[] {
  const { item, pieces } = scripted;
  switch (item.type) {
    case 'message':
      return messageEvents(scripted, place, asked);
    case 'reasoning':
      return reasoningEvents(scripted, place);
    case 'function_call':
      return [
        ...pieces.map((delta) => event('response.function_call_arguments.delta', { ...place, delta }, true)),
        event('response.function_call_arguments.done', { ...place, name: item.name, arguments: item.arguments }),
      ];
    case 'custom_tool_call':
      return [
        ...pieces.map((delta) => event('response.custom_tool_call_input.delta', { ...place, delta }, true)),
        event('response.custom_tool_call_input.done', { ...place, input: item.input }),
      ];
    default:
      return ['in_progress', 'generating', 'completed'].map((state) =>
        event(`response.image_generation_call.${state}`, place),
      );
  }
}

/** The item before anything of it was said. */
function begun(item: JsonObject): JsonObject {
  switch (item.type) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] };
    case 'reasoning':
      return { ...item, summary: [], ...(item.content ? { content: [] } : {}) };
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' };
    case 'custom_tool_call':
      return { ...item, status: 'in_progress', input: '' };
    default:
      return { ...item, status: 'in_progress', result: null };
  }
}

/** The events of one output item, in the documented order. */
export function eventsOf(scripted: ScriptedItem, index: number, asked: Asked): TypedEvent[] {
  const { item } = scripted;
  const picture = item.type === 'image_generation_call';
  return [
    event('response.output_item.added', { output_index: index, item: begun(item) }),
    ...innerEvents(scripted, { item_id: item.id, output_index: index }, asked),
    event('response.output_item.done', { output_index: index, item }, picture),
  ];
}
