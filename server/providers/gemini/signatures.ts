import type { ToolCall } from '../../../contracts/chat/message.ts';
import { GEMINI_FORMAT } from '../../canonical/reasoning-details.ts';

/**
 * The signature that the vendor documents for calls that have none, because another model made them or the client lost
 * it. Gemini 3 refuses a request in which a call has no signature. Source:
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const FOREIGN_CALL = 'skip_thought_signature_validator';

/** The parts that `reasoning_details` carry signatures for. Tool calls and images carry their own. */
type Signed = 'text' | 'reasoning';

/** A signature as an entry of `reasoning_details`, in OpenRouter's shape; the field `signs` is ours. */
export const toDetail = (data: string, signs: Signed, index: number) => ({
  type: 'reasoning.encrypted',
  data,
  format: GEMINI_FORMAT,
  index,
  signs,
});

/** A signature in the field that Google's own OpenAI-compatible API uses for it. */
export const toExtraContent = (signature: string | null | undefined) =>
  !signature ? {} : { extra_content: { google: { thought_signature: signature } } };

function fieldOf(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null
    ? Object.entries(holder).find(([key]) => key === name)?.[1]
    : null;
}

/** The signature in the `extra_content` of a tool call or an image. */
export function ofExtraContent(holder: object): string | undefined {
  const signature = fieldOf(fieldOf(fieldOf(holder, 'extra_content'), 'google'), 'thought_signature');
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}

/** The signatures in a message that the client sends back. */
export interface Signatures {
  readonly text: readonly string[];
  readonly reasoning: readonly string[];
  /**
   * Signatures by the id of their call, for clients that keep `reasoning_details` but not the extra fields of calls.
   */
  readonly calls: ReadonlyMap<string, string>;
}

/** Reads `reasoning_details`. Entries of other formats are signatures of other vendors, which Gemini refuses. */
export function readDetails(details: unknown, calls: readonly ToolCall[]): Signatures {
  const ids = new Set(calls.map(({ id }) => id));
  const text: string[] = [];
  const reasoning: string[] = [];
  const byCall = new Map<string, string>();
  for (const detail of Array.isArray(details) ? details : []) {
    const data = fieldOf(detail, 'data');
    if (typeof data !== 'string' || data === '' || fieldOf(detail, 'format') !== GEMINI_FORMAT) continue;
    const id = fieldOf(detail, 'id');
    if (typeof id === 'string' && ids.has(id)) byCall.set(id, data);
    else (fieldOf(detail, 'signs') === 'reasoning' ? reasoning : text).push(data);
  }
  return { text, reasoning, calls: byCall };
}
