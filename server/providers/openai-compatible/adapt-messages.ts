import { createHash } from 'node:crypto';
import type { ChatMessage } from '../../../contracts/chat/message.ts';
import { gatherInstructions } from '../../canonical/gather-instructions.ts';
import { nameSpeakers } from '../../canonical/name-speakers.ts';
import { shortId } from '../short-id.ts';
import type { Quirks } from './quirks.ts';

const NINE = /^[A-Za-z0-9]{9}$/;

/**
 * Shortens an id to nine characters. The same id always gives the same result, so a call and its result still belong
 * together, turn after turn.
 */
function toNine(id: string): string {
  if (NINE.test(id)) return id;
  return createHash('sha256').update(id).digest('base64').replace(/[+/=]/g, '').slice(0, 9);
}

const ID_RULES: Readonly<Record<NonNullable<Quirks['toolCallIds']>, (id: string) => string>> = {
  'nine-alphanumeric': toNine,
  'forty-characters': (id) => shortId(id, 40),
};

/** The very same message when its ids are as the upstream wants them. */
function adaptIds(message: ChatMessage, adapt: (id: string) => string): ChatMessage {
  const { tool_call_id: id, tool_calls: calls } = message;
  const isRight = (given: string) => adapt(given) === given;
  if ((!id || isRight(id)) && (!calls || calls.every((call) => isRight(call.id)))) return message;
  const adapted = { ...message };
  if (id) adapted.tool_call_id = adapt(id);
  if (calls) adapted.tool_calls = calls.map((call) => ({ ...call, id: adapt(call.id) }));
  return adapted;
}

/** Adds reasoning as a part of the content, before the text. */
function withThinking(message: ChatMessage, text: string): ChatMessage {
  const { content } = message;
  const parts =
    typeof content === 'string' ? (content ? [{ type: 'text' as const, text: content }] : []) : (content ?? []);
  return { ...message, content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }, ...parts] };
}

function adaptReasoning(message: ChatMessage, place: NonNullable<Quirks['pastReasoning']>): ChatMessage {
  // The details hold signatures of the vendor that wrote them, which another vendor would not accept.
  const { reasoning, reasoning_content: content, reasoning_details: _, ...rest } = message;
  const text = typeof content === 'string' && content ? content : reasoning;
  if (typeof text !== 'string' || text === '' || place === 'none') return rest;
  return place === 'thinking-part' ? withThinking(rest, text) : { ...rest, [place]: text };
}

/**
 * Removes Anthropic's `is_error`, whose meaning the content has as well. Upstreams with quirks refuse unknown fields.
 */
function withoutErrorMark({ is_error: _, ...message }: ChatMessage): ChatMessage {
  return message;
}

const hasIds = ({ tool_call_id, tool_calls }: ChatMessage) => Boolean(tool_call_id ?? tool_calls?.length);
const hasReasoning = (message: ChatMessage) =>
  ['reasoning', 'reasoning_content', 'reasoning_details'].some((field) => field in message);

/** OpenAI: "string does not match pattern '^[^\\s<|\\\\/>]+$'", and 64 characters at most. */
const NOT_PLAIN = /[\s<|\\/>]/g;

function withPlainName(message: ChatMessage): ChatMessage {
  const { name } = message;
  const plain = name?.replace(NOT_PLAIN, '_').slice(0, 64);
  return plain === name ? message : { ...message, name: plain };
}

/** Whether a message has a refusal, in its field or in a part. */
const isRefusal = ({ refusal, content }: ChatMessage): boolean =>
  Boolean(refusal) || (Array.isArray(content) && content.some(({ type }) => type === 'refusal'));

/** A message with its refusal as text. */
function withRefusalAsText({ refusal, ...message }: ChatMessage): ChatMessage {
  const parts = Array.isArray(message.content)
    ? message.content.map((part) =>
        part.type === 'refusal' ? { type: 'text' as const, text: String(part.refusal) } : part,
      )
    : message.content;
  if (typeof refusal !== 'string' || refusal === '') return { ...message, content: parts };
  if (parts == null || parts === '') return { ...message, content: refusal };
  if (typeof parts === 'string') return { ...message, content: `${parts}\n\n${refusal}` };
  return { ...message, content: [...parts, { type: 'text', text: refusal }] };
}

/** Changes that concern several messages at once. */
function adaptOrder(messages: readonly ChatMessage[], { instructions, messageNames }: Quirks): readonly ChatMessage[] {
  const named = messageNames === 'none' ? nameSpeakers(messages) : messages;
  return instructions === 'first' ? gatherInstructions(named) : named;
}

function adaptMessage(message: ChatMessage, quirks: Quirks): ChatMessage {
  const { roles, toolCallIds, pastReasoning, messageNames, refusals } = quirks;
  let own = refusals === 'text' && isRefusal(message) ? withRefusalAsText(message) : message;
  const role = roles?.[message.role];
  // The values of `roles` are typed as any text; `system` is the only role that a preset maps to.
  if (role === 'system') own = { ...own, role };
  if (toolCallIds && hasIds(own)) own = adaptIds(own, ID_RULES[toolCallIds]);
  if (own.is_error !== undefined && (roles ?? toolCallIds ?? pastReasoning)) own = withoutErrorMark(own);
  if (pastReasoning && hasReasoning(own)) own = adaptReasoning(own, pastReasoning);
  return messageNames === 'plain' && own.name ? withPlainName(own) : own;
}

/** The messages with the upstream's quirks; the very same array when nothing had to change. */
export function adaptMessages(messages: readonly ChatMessage[], quirks: Quirks): readonly ChatMessage[] {
  const ordered = adaptOrder(messages, quirks);
  const adapted = ordered.map((message) => adaptMessage(message, quirks));
  return adapted.every((message, i) => message === ordered[i]) ? ordered : adapted;
}
