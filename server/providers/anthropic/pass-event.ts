import type { ChatDelta } from '../../../contracts/chat/completion.ts';
import { newId } from '../../canonical/ids.ts';
import { isRecord } from '../../canonical/json.ts';
import { FIELDS } from './read-block.ts';
import type { AnthropicUsage, StreamEvent } from './wire.ts';

type Fields = Record<string, unknown>;

/** The meaning of an event, as the reader understood it. */
interface ReadEvent {
  readonly event: StreamEvent;
  /** The place in the answer of the block that the event belongs to. */
  readonly block: number;
  /** Whether the block belongs to a tool that the vendor runs itself. */
  readonly isOther: boolean;
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

const isWhole = ({ id, type, role, content, stop_reason, stop_sequence, usage }: Fields): boolean =>
  typeof id === 'string' &&
  id !== '' &&
  type === 'message' &&
  role === 'assistant' &&
  Array.isArray(content) &&
  content.length === 0 &&
  isTextOrNull(stop_reason) &&
  isTextOrNull(stop_sequence) &&
  countsIn(usage);

const toCounts = (usage: AnthropicUsage) => ({
  ...usage,
  input_tokens: usage.input_tokens ?? 0,
  output_tokens: usage.output_tokens ?? 0,
});

function passMessageStart(raw: Fields, usage: AnthropicUsage): unknown {
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
function withTexts(given: Fields): Fields {
  const missing = TEXTS.filter((field) => field in given && typeof given[field] !== 'string');
  return missing.length === 0 ? given : { ...given, ...Object.fromEntries(missing.map((field) => [field, ''])) };
}

/** The pieces of a block as they were understood, each as an event. */
function toDeltas(deltas: readonly ChatDelta[], index: number): object[] {
  const pieces = deltas.flatMap(({ content, reasoning_content: thinking, tool_calls: calls }): object[] => [
    ...(content ? [{ type: 'text_delta', text: content }] : []),
    ...(thinking ? [{ type: 'thinking_delta', thinking }] : []),
    ...(calls ?? []).flatMap(({ function: called }) =>
      called?.arguments ? [{ type: 'input_json_delta', partial_json: called.arguments }] : [],
    ),
  ]);
  return pieces.map((delta) => ({ type: 'content_block_delta', index, delta }));
}

/** The start of a block, empty: what it already holds follows as a piece, for clients that only read pieces. */
function passStart(raw: Fields, block: Fields, { block: index, deltas }: ReadEvent): object[] {
  const content = withTexts(block);
  const [call] = deltas[0]?.tool_calls ?? [];
  const changes: Fields = {
    ...(content.text ? { text: '' } : {}),
    ...(content.thinking ? { thinking: '' } : {}),
    ...(call && content.id !== call.id ? { id: call.id } : {}),
    ...(call && !(isRecord(content.input) && Object.keys(content.input).length === 0) ? { input: {} } : {}),
  };
  const isChanged = content !== block || Object.keys(changes).length > 0 || raw.index !== index;
  const start = isChanged ? { ...raw, index, content_block: { ...content, ...changes } } : raw;
  return [start, ...toDeltas(deltas, index)];
}

/** A piece of a block as it was understood: as it came, joined with others, or held back. */
function passDelta(raw: Fields, delta: Fields, { block: index, isOther, deltas }: ReadEvent): object[] {
  const numbered = raw.index === index ? raw : { ...raw, index };
  const field = FIELDS[String(delta.type)];
  if (isOther || !field || delta[field] === '') {
    const told = withTexts(delta);
    return [told === delta ? numbered : { ...numbered, delta: told }];
  }
  const said = deltas.map(({ content, reasoning_content: thinking, tool_calls: calls }) =>
    field === 'partial_json' ? calls?.[0]?.function?.arguments : (content ?? thinking),
  );
  return said.length === 1 && said[0] === delta[field] ? [numbered] : toDeltas(deltas, index);
}

/** The events of a block with the numbers, the texts and the id of a call as they were understood. */
function passBlock(raw: Fields, read: ReadEvent): object[] {
  if (isRecord(raw.delta)) return passDelta(raw, raw.delta, read);
  const numbered = raw.index === read.block ? raw : { ...raw, index: read.block };
  if (!isRecord(raw.content_block)) return [...toDeltas(read.deltas, read.block), numbered];
  return read.isOther ? [numbered] : passStart(raw, raw.content_block, read);
}

/**
 * The events to pass to a client of the same dialect: as they came, except for repairs of what such clients depend on.
 */
export function passEvent(raw: unknown, read: ReadEvent): unknown[] {
  if (!isRecord(raw)) return [raw];
  switch (read.event.type) {
    case 'message_start':
      return [passMessageStart(raw, read.usage)];
    case 'message_delta': {
      const delta = isRecord(raw.delta) ? raw.delta : {};
      const met = delta.stop_sequence === undefined || isTextOrNull(delta.stop_sequence);
      if (countsIn(raw.usage) && isRecord(raw.delta) && met) return [raw];
      const told = { ...delta, ...read.event.delta, ...(met ? {} : { stop_sequence: null }) };
      return [{ ...raw, delta: told, usage: toCounts(read.usage) }];
    }
    default:
      return passBlock(raw, read);
  }
}
