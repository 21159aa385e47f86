import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { ImageAddress, TypedObjects } from '../../../contracts/responses/answer-shapes.ts';
import { type ItemPart, type OutputItem, OutputItems } from '../../../contracts/responses/item.ts';
import type { MessageRow } from '../../store/interface/conversations.ts';
import { ItemIds, stemOf } from './answer/item-ids.ts';
import { encodeSignature } from './answer/reasoning-signature.ts';

/** The items of a response's stored output. */
export const readOutput = (output: string | null): OutputItem[] =>
  output === null ? [] : OutputItems.parse(JSON.parse(output));

/** The content of a message as parts of an item. */
export function partsOf({ role, content }: Pick<ChatMessage, 'role' | 'content'>): ItemPart[] {
  const text = (value: string): ItemPart =>
    role === 'assistant'
      ? { type: 'output_text', text: value, annotations: [], logprobs: [] }
      : { type: 'input_text', text: value };
  if (content == null) return [];
  if (typeof content === 'string') return content === '' ? [] : [text(content)];
  return content.map((part): ItemPart => {
    if (part.type === 'text' && typeof part.text === 'string') return text(part.text);
    if (part.type === 'image_url') {
      const image = ImageAddress.safeParse(part.image_url).data;
      return { type: 'input_image', image_url: image?.url ?? null, detail: image?.detail ?? 'auto' };
    }
    if (part.type === 'refusal' && typeof part.refusal === 'string') return { type: 'refusal', refusal: part.refusal };
    if (part.type === 'file' && typeof part.file === 'object') return { type: 'input_file', ...part.file };
    return { type: part.type };
  });
}

function reasoningItems(message: ChatMessage, row: MessageRow, ids: ItemIds): OutputItem[] {
  const details = TypedObjects.safeParse(message.reasoning_details).data ?? [];
  const text = row.reasoning ?? (typeof message.reasoning_content === 'string' ? message.reasoning_content : '');
  if (text === '' && details.length === 0) return [];
  const content = text === '' ? [] : [{ type: 'reasoning_text', text }];
  return [
    {
      id: ids.next('rs'),
      type: 'reasoning',
      summary: [],
      content,
      encrypted_content: encodeSignature({ text, details }),
    },
  ];
}

/** A stored message as items, also one that came by another way than `/v1/responses`. */
export function toItems(row: MessageRow): OutputItem[] {
  const message: ChatMessage = JSON.parse(row.prompt);
  const ids = new ItemIds(stemOf(row.id) ?? row.id.replace(/^[a-z]+_/, ''));
  const status = row.status === 'completed' || row.status === 'in_progress' ? row.status : 'incomplete';
  const content = partsOf(message);
  if (row.role === 'tool') {
    const [only] = content;
    const output = content.length === 1 && only?.text != null ? only.text : content;
    const call_id = message.tool_call_id ?? '';
    return [{ id: ids.next('fco'), type: 'function_call_output', status, call_id, output }];
  }
  const said: OutputItem[] =
    content.length > 0 ? [{ id: ids.next('msg'), type: 'message', role: row.role, status, content }] : [];
  const calls = (message.tool_calls ?? []).flatMap(({ id, function: called }): OutputItem[] =>
    called ? [{ id: ids.next('fc'), type: 'function_call', status, call_id: id, ...called }] : [],
  );
  return [...reasoningItems(message, row, ids), ...said, ...calls];
}
