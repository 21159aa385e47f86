import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { shortId } from '../short-id.ts';
import { toReasoningItems } from './reasoning-details.ts';
import { expectOnly, unsupported } from './refuse.ts';
import { toAssistantContent } from './to-assistant-content.ts';
import { toInputContent } from './to-content.ts';

type CallKind = 'function' | 'custom';
type ToolCall = NonNullable<ChatMessage['tool_calls']>[number];

const PROMPT_FIELDS = new Set(['role', 'content']);
/** The fields of a tool message. Its `name` only repeats that of its call, and `is_error` what its content says. */
const TOOL_FIELDS = new Set(['role', 'content', 'tool_call_id', 'name', 'is_error']);
/**
 * The fields that answers have and clients send back. Reasoning that is plain text has no signature of OpenAI, and is
 * left out.
 */
const ASSISTANT_FIELDS = new Set(
  'role content refusal annotations phase tool_calls images reasoning reasoning_content reasoning_details'.split(' '),
);

const CustomCall = z.object({ name: z.string(), input: z.string() });
const ImageList = z.array(z.looseObject({ id: z.string().nullish(), image_url: z.looseObject({ url: z.string() }) }));

/** "string too long. Expected a string with maximum length 64" */
const toCallId = (id: string): string => shortId(id, 64);

function toCallItem(call: ToolCall, at: string): object {
  if (call.type === 'custom') {
    const custom = CustomCall.safeParse(call.custom).data;
    if (!custom) throw invalidField(`${at}.custom`, 'A custom call needs a name and an input, both strings.');
    return { type: 'custom_tool_call', call_id: toCallId(call.id), name: custom.name, input: custom.input };
  }
  if (call.type !== undefined && call.type !== 'function') throw unsupported(`${at}.type`, `A '${call.type}' call`);
  if (!call.function) throw new AppError('missing_field', 'This call has no function.', { param: `${at}.function` });
  const { name, arguments: given } = call.function;
  return { type: 'function_call', call_id: toCallId(call.id), name, arguments: given };
}

/** Pictures that the model made. It can go on from them, for example to change one. */
function toImageItems(images: unknown, at: string): object[] {
  if (images == null) return [];
  const list = ImageList.safeParse(images).data;
  if (!list) throw invalidField(at, 'Images must be a list of objects with image_url.url.');
  return list.map(({ id, image_url: { url } }, i) => {
    const comma = url.indexOf(',');
    if (!/^data:image\//i.test(url.slice(0, 11)) || comma < 0) {
      throw new AppError('image_url_not_supported', undefined, { param: `${at}[${i}].image_url.url` });
    }
    const result = url.slice(comma + 1);
    const known = id ?? `ig_${createHash('sha256').update(result).digest('hex').slice(0, 48)}`;
    return { type: 'image_generation_call', id: known, status: 'completed', result };
  });
}

/** An earlier answer as items, in the order in which they came: reasoning comes before what follows from it. */
function toAnswerItems(message: ChatMessage, at: string): object[] {
  expectOnly(message, ASSISTANT_FIELDS, at);
  const content = toAssistantContent(message, at);
  const phase = typeof message.phase === 'string' ? { phase: message.phase } : {};
  return [
    ...toReasoningItems(message.reasoning_details),
    ...(content === null ? [] : [{ type: 'message', role: 'assistant', content, ...phase }]),
    ...toImageItems(message.images, `${at}.images`),
    ...(message.tool_calls ?? []).map((call, i) => toCallItem(call, `${at}.tool_calls[${i}]`)),
  ];
}

function toResultItem(message: ChatMessage, at: string, kinds: ReadonlyMap<string, CallKind>): object {
  expectOnly(message, TOOL_FIELDS, at);
  const { tool_call_id: id } = message;
  if (!id) {
    throw new AppError('missing_field', 'A tool result must have the id of its call.', { param: `${at}.tool_call_id` });
  }
  const type = kinds.get(id) === 'custom' ? 'custom_tool_call_output' : 'function_call_output';
  return { type, call_id: toCallId(id), output: toInputContent(message.content, at) };
}

/** The messages as `input` items. Format: `InputItem` of OpenAI's OpenAPI document. */
export function toInput(messages: readonly ChatMessage[]): object[] {
  const kinds = new Map<string, CallKind>();
  return messages.flatMap((message, i) => {
    const at = `messages[${i}]`;
    const { role } = message;
    if (role === 'function') throw unsupported(`${at}.role`, `The role 'function'`);
    if (role === 'tool') return [toResultItem(message, at, kinds)];
    if (role === 'assistant') {
      for (const { id, type } of message.tool_calls ?? []) kinds.set(id, type === 'custom' ? 'custom' : 'function');
      return toAnswerItems(message, at);
    }
    expectOnly(message, PROMPT_FIELDS, at);
    return [{ type: 'message', role, content: toInputContent(message.content, at) }];
  });
}
