import type { ChatMessage, Content, ContentPart, ToolCall } from '../../../../contracts/chat/message.ts';
import type { InputItem } from '../../../../contracts/responses/item.ts';
import { OPENAI_FORMAT } from '../../../canonical/reasoning-details.ts';
import { AppError } from '../../../errors/app-error.ts';
import { invalidField } from '../../../errors/invalid-field.ts';
import { decodeSignature } from '../answer/reasoning-signature.ts';
import { toContent } from './to-content.ts';
import { exposedName } from './tool-map.ts';
import type { Unsupported } from './unsupported.ts';

const partsOf = (content: Content): ContentPart[] =>
  typeof content === 'string' ? (content === '' ? [] : [{ type: 'text', text: content }]) : content;

function required(value: string | null | undefined, param: string): string {
  if (value) return value;
  throw new AppError('missing_field', undefined, { param });
}

/**
 * A signature of another gateway, or of OpenAI itself, which only OpenAI can use. Format: OpenRouter's
 * `reasoning_details`.
 */
const foreignDetail = ({ id, encrypted_content: data }: InputItem) => ({
  type: 'reasoning.encrypted',
  data,
  id: id ?? null,
  format: OPENAI_FORMAT,
  index: 0,
});

const textOf = ({ summary, content }: InputItem): string =>
  (content && typeof content !== 'string' && content.length > 0 ? content : (summary ?? []))
    .map(({ text }) => text ?? '')
    .join('\n\n');

/** Gathers items into messages: what the model did in one go (reasoning, text, calls) is one message. */
class MessageGatherer {
  readonly messages: ChatMessage[] = [];
  readonly #custom: boolean;
  readonly #unknown: Unsupported;
  #open: ChatMessage | undefined;
  #reasoning = '';
  #details: object[] = [];

  constructor(custom: boolean, unknown: Unsupported) {
    this.#custom = custom;
    this.#unknown = unknown;
  }

  add(item: InputItem, at: string): void {
    const type = item.type ?? 'message';
    switch (type) {
      case 'message':
        this.#addMessage(item, at);
        break;
      case 'reasoning':
        this.#addReasoning(item);
        break;
      case 'function_call':
      case 'custom_tool_call':
        this.#addCall(item, type === 'custom_tool_call', at);
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        this.#addOutput(item, at);
        break;
      case 'image_generation_call':
        this.#addImage(item, at);
        break;
      default:
        if (this.#unknown === 'skip') return;
        throw invalidField(`${at}.type`, `The gateway does not support items of the type '${type}'.`);
    }
  }

  /** Reasoning stays with the calls that follow from it; mere text without them some upstreams refuse. */
  end(): void {
    const message = this.#open;
    if (!message) return;
    if (message.tool_calls && this.#reasoning) message.reasoning_content = this.#reasoning;
    if (this.#details.length > 0) message.reasoning_details = this.#details;
    const { content } = message;
    const [only] = Array.isArray(content) ? content : [];
    if (Array.isArray(content) && content.length === 1 && only?.type === 'text' && typeof only.text === 'string') {
      message.content = only.text;
    }
    if (Array.isArray(content) && content.length === 0) message.content = message.tool_calls ? null : '';
    const empty = message.content === '' && this.#details.length === 0;
    if (!empty) this.messages.push(message);
    this.#open = undefined;
    this.#reasoning = '';
    this.#details = [];
  }

  #addMessage({ role, content, phase }: InputItem, at: string): void {
    if (!role) throw new AppError('missing_field', undefined, { param: `${at}.role` });
    if (content == null) throw new AppError('missing_field', undefined, { param: `${at}.content` });
    const given = toContent(content, `${at}.content`, this.#unknown);
    if (role !== 'assistant') {
      this.end();
      this.messages.push({ role, content: given });
      return;
    }
    const open = this.#assistant();
    // Two answers in a row are two messages, unless calls wait for their results.
    if (partsOf(open.content ?? []).length > 0 && !open.tool_calls) this.end();
    const message = this.#assistant();
    message.content = [...partsOf(message.content ?? []), ...partsOf(given)];
    if (typeof phase === 'string') message.phase = phase;
  }

  #addReasoning(item: InputItem): void {
    const open = this.#open;
    // Reasoning begins an answer, or stands between calls that have no result yet.
    if (open && !open.tool_calls && partsOf(open.content ?? []).length > 0) this.end();
    this.#assistant();
    const signature = item.encrypted_content ? decodeSignature(item.encrypted_content) : null;
    const text = signature?.text ?? textOf(item);
    if (text) this.#reasoning = this.#reasoning ? `${this.#reasoning}\n\n${text}` : text;
    if (signature) this.#details.push(...signature.details);
    else if (item.encrypted_content) this.#details.push(foreignDetail(item));
  }

  #addCall(item: InputItem, custom: boolean, at: string): void {
    const id = required(item.call_id, `${at}.call_id`);
    const name = exposedName(required(item.name, `${at}.name`), item.namespace);
    const call: ToolCall = custom
      ? this.#custom
        ? { id, type: 'custom', custom: { name, input: item.input ?? '' } }
        : { id, type: 'function', function: { name, arguments: JSON.stringify({ input: item.input ?? '' }) } }
      : { id, type: 'function', function: { name, arguments: item.arguments ?? '{}' } };
    // Vendors' signatures of single calls.
    if (item.extra_content) call.extra_content = item.extra_content;
    const message = this.#assistant();
    message.tool_calls = [...(message.tool_calls ?? []), call];
  }

  #addOutput(item: InputItem, at: string): void {
    const id = required(item.call_id, `${at}.call_id`);
    if (item.output == null) throw new AppError('missing_field', undefined, { param: `${at}.output` });
    const content = toContent(item.output, `${at}.output`, this.#unknown);
    this.end();
    const calling = this.messages.findLastIndex(({ tool_calls: calls }) => calls?.some((call) => call.id === id));
    let place = calling + 1;
    // Upstreams want results right behind their calls, or first of all where those came before.
    while (this.messages[place]?.role === 'tool') place++;
    this.messages.splice(place, 0, { role: 'tool', tool_call_id: id, content });
  }

  #addImage({ result, output_format: format }: InputItem, at: string): void {
    if (typeof result !== 'string') throw new AppError('missing_field', undefined, { param: `${at}.result` });
    const url = `data:image/${typeof format === 'string' ? format : 'png'};base64,${result}`;
    const message = this.#assistant();
    message.content = [...partsOf(message.content ?? []), { type: 'image_url', image_url: { url } }];
  }

  #assistant(): ChatMessage {
    this.#open ??= { role: 'assistant', content: [] };
    return this.#open;
  }
}

/** An item with its place in the request. */
export interface PlacedItem {
  readonly item: InputItem;
  readonly at: string;
}

/** The items as messages of a chat. `custom`: calls of custom tools stay what they are. */
export function toMessages(items: readonly PlacedItem[], custom: boolean, unknown: Unsupported): ChatMessage[] {
  const writer = new MessageGatherer(custom, unknown);
  for (const { item, at } of items) writer.add(item, at);
  writer.end();
  return writer.messages;
}
