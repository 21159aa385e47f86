import type { ItemPart, OutputItem } from '../../contracts/responses/item.ts';
import type { ResponseEvent } from '../../contracts/responses/response.ts';

/** The partial response that the events of a broken stream add up to. */
export interface FoldedResponse {
  readonly output: OutputItem[];
  readonly text: string;
  readonly reasoning: string;
}

/** The part that an event adds to: of the summary, or of the content. */
function partOf(item: OutputItem, { summary_index: summary, content_index: content = 0 }: ResponseEvent): ItemPart {
  const field = summary === undefined ? 'content' : 'summary';
  const parts = item[field] ?? [];
  const text = field === 'summary' ? 'summary_text' : 'reasoning_text';
  const part = parts[summary ?? content] ?? { type: item.type === 'reasoning' ? text : 'output_text', text: '' };
  parts[summary ?? content] = part;
  item[field] = parts;
  return part;
}

function addDelta(item: OutputItem, event: ResponseEvent): void {
  const { type, delta = '' } = event;
  if (type === 'response.function_call_arguments.delta') item.arguments = (item.arguments ?? '') + delta;
  else if (type === 'response.custom_tool_call_input.delta') item.input = (item.input ?? '') + delta;
  else if (type === 'response.refusal.delta') {
    const part = partOf(item, event);
    Object.assign(part, { type: 'refusal', refusal: (part.refusal ?? '') + delta, text: undefined });
  } else if (/_text\.delta$/.test(type)) {
    const part = partOf(item, event);
    part.text = (part.text ?? '') + delta;
  }
}

const textsOf = (output: readonly OutputItem[], type: string): string =>
  output
    .filter((item) => item.type === type)
    .flatMap(({ content = [], summary = [] }) => [...summary, ...content])
    .map(({ text }) => text ?? '')
    .join('');

/**
 * Joins the events of a response that broke off to its items and to the text of its message. Calls are only among the
 * items: an incomplete call must not be in the history, and the client never got the whole answer.
 */
export function foldResponseEvents(events: readonly ResponseEvent[]): FoldedResponse {
  const items: OutputItem[] = [];
  for (const event of events) {
    const { output_index: index, item: given } = event;
    if (index === undefined) continue;
    if (given) items[index] = structuredClone(given);
    const item = items[index];
    if (item && !given) addDelta(item, event);
  }
  const output = items
    .filter((item) => item !== undefined)
    .map((item) => (item.status === 'in_progress' ? { ...item, status: 'incomplete' } : item));
  return { output, text: textsOf(output, 'message'), reasoning: textsOf(output, 'reasoning') };
}
