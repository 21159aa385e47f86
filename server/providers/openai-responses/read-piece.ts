import { isRecord } from '../../canonical/json.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { writeArguments } from '../../canonical/write-arguments.ts';
import type { Piece } from './answer-state.ts';
import type { ItemList } from './item-list.ts';
import { ArgumentsEvent, DeltaEvent, DoneEvent, OutputPlace, PartEvent, readAs } from './wire.ts';

type Read<Event> = (items: ItemList, event: Event) => Piece[];

/** How the pieces of items are read, by the type of their event. */
const DELTAS = tableOf<Read<DeltaEvent>>({
  'response.output_text.delta': (items, event) =>
    items.of(event, 'message').text(event.content_index ?? 0, event.delta, event.logprobs),
  'response.refusal.delta': (items, event) => items.of(event, 'message').refusal(event.content_index ?? 0, event.delta),
  'response.reasoning_summary_text.delta': (items, event) =>
    items.of(event, 'reasoning').reasoning('summary', event.summary_index ?? 0, event.delta),
  'response.reasoning_text.delta': (items, event) =>
    items.of(event, 'reasoning').reasoning('text', event.content_index ?? 0, event.delta),
});

/** How the ends of parts are read; an end repeats the whole part. */
const ENDS = tableOf<Read<DoneEvent>>({
  'response.output_text.done': (items, event) =>
    items.of(event, 'message').endText(event.content_index ?? 0, event.text),
  'response.refusal.done': (items, event) =>
    items.of(event, 'message').endRefusal(event.content_index ?? 0, event.refusal),
  'response.reasoning_summary_text.done': (items, event) =>
    items.of(event, 'reasoning').endReasoning('summary', event.summary_index ?? 0, event.text),
  'response.reasoning_text.done': (items, event) =>
    items.of(event, 'reasoning').endReasoning('text', event.content_index ?? 0, event.text),
  'response.function_call_arguments.done': (items, event) =>
    items.of(event, 'function_call').endArguments(event.arguments, event.name),
  'response.custom_tool_call_input.done': (items, event) =>
    items.of(event, 'custom_tool_call').endArguments(event.input),
});

function addArguments(items: ItemList, event: unknown): Piece[] {
  const read = readAs(ArgumentsEvent, event);
  return items.of(read, 'function_call').arguments(writeArguments(read.delta) ?? '');
}

/** The fields by which an event names a part or an item. */
const PART_OR_ITEM = ['output_index', 'item_id', 'content_index', 'summary_index'] as const;

function endPart(items: ItemList, event: PartEvent): Piece[] {
  const { part, content_index: at } = event;
  if (part.type === 'output_text') return items.of(event, 'message').endText(at ?? 0, part.text);
  return part.type === 'refusal' ? items.of(event, 'message').endRefusal(at ?? 0, part.refusal) : [];
}

/**
 * What an event inside an item adds to the answer. Events that are not listed here only repeat others, or belong to
 * tools that OpenAI runs itself. Source: OpenAI's API reference, "Streaming events".
 */
export function readPiece(type: string | null | undefined, event: unknown, items: ItemList): Piece[] {
  const delta = DELTAS[type ?? ''];
  if (delta) return delta(items, readAs(DeltaEvent, event));
  if (type === 'response.function_call_arguments.delta') return addArguments(items, event);
  const end = ENDS[type ?? ''];
  if (end) return end(items, readAs(DoneEvent, event));
  if (type === 'response.content_part.done') return endPart(items, readAs(PartEvent, event));
  if (PART_OR_ITEM.some((name) => isRecord(event) && name in event)) items.find(readAs(OutputPlace, event));
  return [];
}
