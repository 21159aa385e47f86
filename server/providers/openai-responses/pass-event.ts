import { isRecord } from '../../canonical/json.ts';
import type { ItemList } from './item-list.ts';

const isPlace = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;

/** Whether a response holds everything that its events said. Some servers leave its output empty (vllm issue 30223). */
const isWhole = (output: unknown, items: ItemList): boolean =>
  Array.isArray(output) &&
  output.length >= items.all.length &&
  output.every((item) => isRecord(item) && (item.type !== 'function_call' || typeof item.arguments === 'string'));

function passEnd(raw: Record<string, unknown>, status: string, items: ItemList): unknown {
  const response = isRecord(raw.response) ? raw.response : {};
  if (isWhole(response.output, items) && typeof response.status === 'string') return raw;
  return { ...raw, response: { status, ...response, output: items.all.map(({ whole }) => whole) } };
}

/** The event to pass to a client of the same API: as it came, except for repairs of what such clients depend on. */
export function passEvent(raw: unknown, items: ItemList): unknown {
  if (!isRecord(raw)) return raw;
  if (raw.type === 'response.completed') return passEnd(raw, 'completed', items);
  if (raw.type === 'response.incomplete') return passEnd(raw, 'incomplete', items);
  if (!items.last) return raw;
  const numbered = isPlace(raw.output_index) ? raw : { ...raw, output_index: items.placeOf(items.last) };
  return raw.type === 'response.output_item.done' ? { ...numbered, item: items.last.whole } : numbered;
}
