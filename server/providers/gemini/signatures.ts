import type { ToolCall } from '../../../contracts/chat/message.ts';
import { GEMINI_FORMAT } from '../../canonical/reasoning-details.ts';

/**
 * What the vendor documents for calls that carry no signature, since another model made them or the client lost it:
 * without any, Gemini 3 refuses the request. Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const FOREIGN_CALL = 'skip_thought_signature_validator';

/** What a signature stands on, beside tool calls and images, which carry their own. */
type Signed = 'text' | 'reasoning';

/** A signature as an entry of `reasoning_details`, OpenRouter's shape; `signs` is ours. */
export const toDetail = (data: string, signs: Signed, index: number) => ({
  type: 'reasoning.encrypted',
  data,
  format: GEMINI_FORMAT,
  index,
  signs,
});

/** A signature as Google's own OpenAI-compatible API gives it. */
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

/** The signatures of a message that comes back. */
export interface Signatures {
  readonly text: readonly string[];
  readonly reasoning: readonly string[];
  /** By the id of the call, for clients that keep `reasoning_details` but not the fields of calls. */
  readonly calls: ReadonlyMap<string, string>;
}

/** Reads `reasoning_details`. Entries of other formats are other vendors' and prove nothing to Gemini. */
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
