import { z } from 'zod';
import { OPENAI_FORMAT } from '../../canonical/reasoning-details.ts';

/**
 * How reasoning items are represented in chat completions: as `reasoning_details`, in OpenRouter's shape. `format`
 * names the vendor. All details of one item have its `id`; `index` counts them within the answer, and pieces of a
 * stream with the same `index` are joined.
 */
const Detail = z.looseObject({
  type: z.string(),
  format: z.literal(OPENAI_FORMAT),
  id: z.string().nullish(),
  index: z.int().nullish(),
  summary: z.string().nullish(),
  text: z.string().nullish(),
  data: z.string().nullish(),
});
type Detail = z.infer<typeof Detail>;

/** `ReasoningItem` of OpenAI's OpenAPI document, as input. */
export interface ReasoningItem {
  readonly type: 'reasoning';
  readonly id?: string;
  readonly summary: { type: 'summary_text'; text: string }[];
  content?: { type: 'reasoning_text'; text: string }[];
  encrypted_content?: string;
}

function addDetail(item: ReasoningItem, { type, summary, text, data }: Detail, continues: boolean): void {
  if (type === 'reasoning.encrypted' && data) item.encrypted_content = data;
  if (type === 'reasoning.summary' && summary != null) {
    const last = item.summary.at(-1);
    if (continues && last) last.text += summary;
    else item.summary.push({ type: 'summary_text', text: summary });
  }
  if (type === 'reasoning.text' && text != null) {
    item.content ??= [];
    const last = item.content.at(-1);
    if (continues && last) last.text += text;
    else item.content.push({ type: 'reasoning_text', text });
  }
}

/**
 * The reasoning items from which the details of an assistant message were made. Details of other vendors are left out.
 * So is an item that only has its summary: nothing is stored upstream under its id, so it would be refused.
 */
export function toReasoningItems(details: unknown): ReasoningItem[] {
  if (!Array.isArray(details)) return [];
  const items = new Map<string, ReasoningItem>();
  let before: Detail | undefined;
  for (const given of details) {
    const detail = Detail.safeParse(given).data;
    if (!detail) continue;
    const id = detail.id ?? '';
    const item = items.get(id) ?? { type: 'reasoning', ...(id ? { id } : {}), summary: [] };
    items.set(id, item);
    const continues = before?.id === detail.id && before?.type === detail.type && before?.index === detail.index;
    addDetail(item, detail, continues && detail.index != null);
    before = detail;
  }
  return [...items.values()].filter((item) => item.encrypted_content !== undefined || item.content !== undefined);
}
