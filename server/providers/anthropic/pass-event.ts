import type { ChatDelta } from '../../../contracts/chat/completion.ts';
import { newId } from '../../canonical/ids.ts';
import { isRecord } from '../../canonical/json.ts';
import type { AnthropicUsage, StreamEvent } from './wire.ts';

/** What the reader understood of an event. */
interface ReadEvent {
  readonly event: StreamEvent;
  /** The number of the block that the event belongs to. */
  readonly block: number;
  /** The usage so far. */
  readonly usage: AnthropicUsage;
  readonly deltas: readonly ChatDelta[];
}

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;

const isCountOrNone = (value: unknown): boolean => value == null || isCount(value);
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

/** Whether the counts are whole numbers. Anthropic's clients add them up without a check. */
const countsIn = (usage: unknown): boolean =>
  isRecord(usage) &&
  isCount(usage.input_tokens) &&
  isCount(usage.output_tokens) &&
  isCountOrNone(usage.cache_creation_input_tokens) &&
  isCountOrNone(usage.cache_read_input_tokens);

const isWhole = ({ id, type, role, content, stop_reason, stop_sequence, usage }: Record<string, unknown>): boolean =>
  typeof id === 'string' &&
  id !== '' &&
  type === 'message' &&
  role === 'assistant' &&
  Array.isArray(content) &&
  isTextOrNull(stop_reason) &&
  isTextOrNull(stop_sequence) &&
  countsIn(usage);

const toCounts = (usage: AnthropicUsage) => ({
  ...usage,
  input_tokens: usage.input_tokens ?? 0,
  output_tokens: usage.output_tokens ?? 0,
});

function passStart(raw: Record<string, unknown>, usage: AnthropicUsage): unknown {
  const { message } = raw;
  const given = isRecord(message) ? message : {};
  if (isWhole(given)) return raw;
  const id = typeof given.id === 'string' && given.id !== '' ? given.id : newId('msg_');
  const fixed = { id, type: 'message', role: 'assistant', content: [], stop_reason: null, stop_sequence: null };
  return { ...raw, message: { ...given, ...fixed, usage: toCounts(usage) } };
}

/** Anthropic's clients concatenate these fields without a check. */
const TEXTS = ['text', 'thinking', 'signature', 'data', 'partial_json'] as const;

/** A block or a delta in which each of these fields is a text. */
function withTexts(given: Record<string, unknown>): Record<string, unknown> {
  const missing = TEXTS.filter((field) => field in given && typeof given[field] !== 'string');
  return missing.length === 0 ? given : { ...given, ...Object.fromEntries(missing.map((field) => [field, ''])) };
}

/** A block event with the number, the texts and the id of a call as they were understood. */
function passBlock(raw: Record<string, unknown>, { block, deltas }: ReadEvent): unknown {
  const numbered = raw.index === block ? raw : { ...raw, index: block };
  if (isRecord(raw.delta)) {
    const delta = withTexts(raw.delta);
    return delta === raw.delta ? numbered : { ...numbered, delta };
  }
  if (!isRecord(raw.content_block)) return numbered;
  const content = withTexts(raw.content_block);
  if (content.type !== 'tool_use') {
    return content === raw.content_block ? numbered : { ...numbered, content_block: content };
  }
  const [call] = deltas[0]?.tool_calls ?? [];
  // This event only repeated the start of a call.
  if (!call) return undefined;
  if (content === raw.content_block && content.id === call.id && isRecord(content.input)) return numbered;
  const input = isRecord(content.input) ? content.input : {};
  return { ...numbered, content_block: { ...content, id: call.id, input } };
}

/**
 * The event to pass to a client of the same dialect: as it came, except for repairs of what such clients depend on.
 * Undefined: the event is dropped.
 */
export function passEvent(raw: unknown, read: ReadEvent): unknown {
  if (!isRecord(raw)) return raw;
  switch (read.event.type) {
    case 'message_start':
      return passStart(raw, read.usage);
    case 'message_delta': {
      const delta = isRecord(raw.delta) ? raw.delta : {};
      const met = delta.stop_sequence === undefined || isTextOrNull(delta.stop_sequence);
      if (countsIn(raw.usage) && isRecord(raw.delta) && met) return raw;
      return {
        ...raw,
        delta: { ...delta, ...read.event.delta, ...(met ? {} : { stop_sequence: null }) },
        usage: toCounts(read.usage),
      };
    }
    default:
      return passBlock(raw, read);
  }
}
