import type { ChatDelta } from '../../../contracts/chat/completion.ts';
import { newId } from '../../canonical/ids.ts';
import { isRecord } from '../../canonical/json.ts';
import type { AnthropicUsage, StreamEvent } from './wire.ts';

/** What was read of an event. */
interface ReadEvent {
  readonly event: StreamEvent;
  /** The block that it is about. */
  readonly block: number;
  /** So far. */
  readonly usage: AnthropicUsage;
  readonly deltas: readonly ChatDelta[];
}

const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0;

/** Anthropic's clients add these two up. */
const countsIn = (usage: unknown): boolean =>
  isRecord(usage) && isCount(usage.input_tokens) && isCount(usage.output_tokens);

const toCounts = (usage: AnthropicUsage) => ({
  ...usage,
  input_tokens: usage.input_tokens ?? 0,
  output_tokens: usage.output_tokens ?? 0,
});

function passStart(raw: Record<string, unknown>, usage: AnthropicUsage): unknown {
  const { message } = raw;
  const given = isRecord(message) ? message : {};
  const id = typeof given.id === 'string' ? given.id : '';
  if (id !== '' && Array.isArray(given.content) && countsIn(given.usage)) return raw;
  const sound = { type: 'message', role: 'assistant', stop_reason: null, stop_sequence: null, ...given, content: [] };
  return { ...raw, message: { ...sound, id: id || newId('msg_'), usage: toCounts(usage) } };
}

/** The number of the block, and the id of a call, as they were understood. */
function passBlock(raw: Record<string, unknown>, { block, deltas }: ReadEvent): unknown {
  const numbered = raw.index === block ? raw : { ...raw, index: block };
  const content = raw.content_block;
  if (!isRecord(content) || content.type !== 'tool_use') return numbered;
  const [call] = deltas[0]?.tool_calls ?? [];
  // A start that was only said again.
  if (!call) return undefined;
  if (content.id === call.id && isRecord(content.input)) return numbered;
  const input = isRecord(content.input) ? content.input : {};
  return { ...numbered, content_block: { ...content, id: call.id, input } };
}

/** An event for clients of the same dialect: as it came, but for what they depend on. Undefined: nothing. */
export function passEvent(raw: unknown, read: ReadEvent): unknown {
  if (!isRecord(raw)) return raw;
  switch (read.event.type) {
    case 'message_start':
      return passStart(raw, read.usage);
    case 'message_delta': {
      const told = isRecord(raw.usage) && isCount(raw.usage.output_tokens);
      return told && isRecord(raw.delta) ? raw : { ...raw, delta: read.event.delta ?? {}, usage: toCounts(read.usage) };
    }
    default:
      return passBlock(raw, read);
  }
}
