import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { newId } from '../../canonical/ids.ts';
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

/** The event with the fields of its response that clients depend on. */
function nameResponse(raw: Fields, known: string | undefined): Fields {
  const response = isRecord(raw.response) ? raw.response : {};
  const given = typeof response.id === 'string' && response.id !== '' ? response.id : undefined;
  const id = known ?? given ?? newId('resp_');
  const changes: Fields = {
    ...(response.id === id ? {} : { id }),
    ...(response.object === 'response' ? {} : { object: 'response' }),
    ...(Array.isArray(response.output) ? {} : { output: [] }),
  };
  return Object.keys(changes).length > 0 ? { ...raw, response: { ...response, ...changes } } : raw;
}

/** The event of a piece of text, refusal or reasoning; undefined for a chunk that adds none of them. */
function toPiece({ choices }: ChatCompletionChunk): { type: string; delta: string } | undefined {
  const { content, refusal, reasoning_details: details } = choices[0]?.delta ?? {};
  if (content) return { type: 'response.output_text.delta', delta: content };
  if (refusal) return { type: 'response.refusal.delta', delta: refusal };
  const [detail] = Array.isArray(details) ? details : [];
  if (!isRecord(detail)) return undefined;
  if (typeof detail.summary === 'string') {
    return { type: 'response.reasoning_summary_text.delta', delta: detail.summary };
  }
  return typeof detail.text === 'string' ? { type: 'response.reasoning_text.delta', delta: detail.text } : undefined;
}

/**
 * What the end of a part or of an item adds to its pieces, as events of their own: a client that joins the pieces gets the
 * same text as one that reads the end.
 */
function toPieces(item: ItemReader, named: Fields, chunks: readonly ChatCompletionChunk[]): object[] {
  if (!item.opened || String(named.type).endsWith('.delta')) return [];
  const { output_index } = named;
  const item_id = named.item_id ?? item.ownId;
  return chunks.flatMap((chunk) => {
    const piece = toPiece(chunk);
    if (!piece) return [];
    const part = piece.type.includes('summary') ? 'summary_index' : 'content_index';
    return [{ ...piece, item_id, output_index, [part]: named[part] ?? 0 }];
  });
}

function passEnd(raw: Fields, status: string, items: ItemList): unknown {
  const response = isRecord(raw.response) ? raw.response : {};
  const isSound = typeof response.status === 'string' && response.status !== '';
  if (isWhole(response.output, items) && isSound) return raw;
  const told = isSound ? response.status : status;
  return { ...raw, response: { ...response, status: told, output: items.all.map(({ whole }) => whole) } };
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

const PARTS = ['content_index', 'summary_index'] as const;

/** The event with the numbers and the id of its item that clients know. */
function nameItem(raw: Fields, item: ItemReader, place: number): Fields {
  const parts = PARTS.filter((name) => name in raw && !Number.isInteger(raw[name])).map((name) => [name, 0]);
  const isNumbered = raw.output_index === place && parts.length === 0;
  const numbered = isNumbered ? raw : { ...raw, output_index: place, ...Object.fromEntries(parts) };
  const { ownId: id } = item;
  if (id === undefined || id === item.id) return numbered;
  return {
    ...numbered,
    ...('item_id' in raw ? { item_id: id } : {}),
    ...(isRecord(raw.item) ? { item: { ...raw.item, id } } : {}),
  };
}

/** The events that hold the whole response. */
const HAS_RESPONSE: ReadonlySet<string> = new Set([
  'response.created',
  'response.in_progress',
  'response.completed',
  'response.incomplete',
]);

/** What is known of a response when one of its events is passed on. */
interface Known {
  /** The id of the response; undefined before an event that begins or ends it. */
  readonly id: string | undefined;
  readonly items: ItemList;
  /** What the event added to the answer. */
  readonly chunks: readonly ChatCompletionChunk[];
}

/** The events to pass to a client of the same API: as they came, except for repairs of what such clients depend on. */
export function passEvent(given: unknown, { id, items, chunks }: Known): unknown[] {
  if (!isRecord(given)) return [given];
  const raw = 'response' in given || HAS_RESPONSE.has(String(given.type)) ? nameResponse(given, id) : given;
  if (raw.type === 'response.completed') return [passEnd(raw, 'completed', items)];
  if (raw.type === 'response.incomplete') return [passEnd(raw, 'incomplete', items)];
  if (!items.last) return [raw];
  const named = nameItem(raw, items.last, items.placeOf(items.last));
  if (items.last.type === 'function_call') return passCall(named, items.last, argumentsIn(chunks));
  const shown = raw.type === 'response.output_item.done' ? { ...named, item: items.last.whole } : named;
  return [...toPieces(items.last, named, chunks), shown];
}
