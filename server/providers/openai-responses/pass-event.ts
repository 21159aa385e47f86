import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { isRecord } from '../../canonical/json.ts';
import type { ItemList } from './item-list.ts';
import type { ItemReader } from './read-item.ts';

type Fields = Record<string, unknown>;

/** Whether a response holds everything that its events said. Some servers leave its output empty (vllm issue 30223). */
const isWhole = (output: unknown, items: ItemList): boolean =>
  Array.isArray(output) &&
  output.length >= items.all.length &&
  output.every((item) => isRecord(item) && (item.type !== 'function_call' || typeof item.arguments === 'string')) &&
  !items.all.some(({ differs }) => differs);

function passEnd(raw: Fields, status: string, items: ItemList): unknown {
  const response = isRecord(raw.response) ? raw.response : {};
  if (isWhole(response.output, items) && typeof response.status === 'string') return raw;
  return { ...raw, response: { status, ...response, output: items.all.map(({ whole }) => whole) } };
}

/** What the chunks of one event add to the arguments of a call. */
const argumentsIn = (chunks: readonly ChatCompletionChunk[]): string =>
  chunks
    .flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    .map(({ function: called }) => called?.arguments ?? '')
    .join('');

const PIECE = 'response.function_call_arguments.delta';

/** The events of a call with its arguments as they were understood: as they came, decoded, or held back. */
function passCall(raw: Fields, item: ItemReader, told: string): object[] {
  const { type, item_id, output_index, delta, arguments: sent } = raw;
  if (type === PIECE) return told === delta ? [raw] : told === '' ? [] : [{ ...raw, delta: told }];
  const rest = told !== '' && item.opened ? [{ type: PIECE, item_id, output_index, delta: told }] : [];
  if (type === 'response.output_item.done') return [...rest, { ...raw, item: item.whole }];
  if (type === 'response.function_call_arguments.done') {
    const whole = isRecord(item.whole) ? item.whole.arguments : sent;
    return [...rest, sent === whole ? raw : { ...raw, arguments: whole }];
  }
  if (type !== 'response.output_item.added' || item.ownCallId === '' || !isRecord(raw.item)) return [raw];
  const isSame = raw.item.call_id === item.ownCallId && raw.item.arguments === '';
  return [isSame ? raw : { ...raw, item: { ...raw.item, call_id: item.ownCallId, arguments: '' } }];
}

/** The event with the number and the id of its item that clients know. */
function nameItem(raw: Fields, item: ItemReader, place: number): Fields {
  const numbered = raw.output_index === place ? raw : { ...raw, output_index: place };
  const { ownId: id } = item;
  if (id === undefined || id === item.id) return numbered;
  return {
    ...numbered,
    ...('item_id' in raw ? { item_id: id } : {}),
    ...(isRecord(raw.item) ? { item: { ...raw.item, id } } : {}),
  };
}

/**
 * The events to pass to a client of the same API: as they came, except for repairs of what such clients depend on.
 * `chunks`: what the event added to the answer.
 */
export function passEvent(raw: unknown, items: ItemList, chunks: readonly ChatCompletionChunk[]): unknown[] {
  if (!isRecord(raw)) return [raw];
  if (raw.type === 'response.completed') return [passEnd(raw, 'completed', items)];
  if (raw.type === 'response.incomplete') return [passEnd(raw, 'incomplete', items)];
  if (!items.last) return [raw];
  const named = nameItem(raw, items.last, items.placeOf(items.last));
  if (items.last.type === 'function_call') return passCall(named, items.last, argumentsIn(chunks));
  return [raw.type === 'response.output_item.done' ? { ...named, item: items.last.whole } : named];
}
