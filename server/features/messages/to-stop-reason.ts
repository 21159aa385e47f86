import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';

const REASONS = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
  ['content_filter', 'refusal'],
]);

/** Anthropic's own words say more than the unified ones. */
const OWN = new Set(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal']).add(
  'model_context_window_exceeded',
);

/**
 * The stop reason of an upstream that speaks this dialect, corrected where it contradicts the answer. Some servers send
 * `end_turn` after a call, and some send OpenAI's words.
 */
export function soundStop(said: string | null, finishReason: string | null | undefined): string | null {
  if (finishReason === 'tool_calls') return 'tool_use';
  return said === null ? null : (REASONS.get(said) ?? said);
}

interface Said {
  /** Some upstreams say `stop`, or `end_turn`, behind a call. */
  readonly called: boolean;
  readonly refused: boolean;
}

/** `stop_reason`, and `stop_sequence` where the upstream tells which one it met (vLLM: `stop_reason` of the choice). */
export function toStopReason(
  choice: ChatCompletionChunk['choices'][number],
  { called, refused }: Said,
): { stop_reason: string; stop_sequence: string | null } {
  const { finish_reason: reason, native_finish_reason: native, stop_reason: met } = choice;
  if (reason === 'stop' && typeof met === 'string' && met !== '') {
    return { stop_reason: 'stop_sequence', stop_sequence: met };
  }
  if (refused) return { stop_reason: 'refusal', stop_sequence: null };
  if (called && (reason === 'stop' || reason === 'tool_calls')) return { stop_reason: 'tool_use', stop_sequence: null };
  if (typeof native === 'string' && OWN.has(native)) return { stop_reason: native, stop_sequence: null };
  return { stop_reason: REASONS.get(reason ?? '') ?? 'end_turn', stop_sequence: null };
}
