import { z } from 'zod';

/** The `format` of each vendor's reasoning details, by OpenRouter's names. */
export const ANTHROPIC_FORMAT = 'anthropic-claude-v1';
export const GEMINI_FORMAT = 'google-gemini-v1';
export const OPENAI_FORMAT = 'openai-responses-v1';

/**
 * Our addition to a reasoning detail (`after`) that does not stand at the beginning of its answer: how many UTF-16
 * units of text and how many calls come before it. Anthropic refuses thinking that comes back in another place.
 */
export const DetailPlace = z.object({ content: z.int().min(0), tool_calls: z.int().min(0) });
export type DetailPlace = z.infer<typeof DetailPlace>;

/**
 * One piece of reasoning with the vendor's signature, so that a client can send it back. Shape: OpenRouter's
 * `reasoning_details`. `reasoning.text` has `text` and `signature`, `reasoning.summary` has `summary`, and
 * `reasoning.encrypted` has `data`. In a stream, the pieces of one entry share `index`, `type` and `id`.
 */
export interface ReasoningDetail {
  readonly type: string;
  /** The format of the signature, such as `anthropic-claude-v1`. Only that vendor can check it. */
  readonly format?: string | null | undefined;
  /** The place of the entry in its message. */
  readonly index?: number | null | undefined;
  readonly text?: string | null | undefined;
  readonly signature?: string | null | undefined;
  readonly data?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** Fields whose pieces are joined. Of any other field the last value counts. */
const JOINED: ReadonlySet<string> = new Set(['text', 'summary', 'data']);

function join(before: ReasoningDetail, piece: ReasoningDetail): ReasoningDetail {
  const joined: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(piece)) {
    if (value == null) continue;
    const known = joined[key];
    joined[key] = JOINED.has(key) && typeof known === 'string' && typeof value === 'string' ? known + value : value;
  }
  return { ...joined, type: before.type };
}

/**
 * Joins the pieces of each entry. A piece without an `index` is an entry of its own. Entries keep the order of their
 * first pieces.
 */
export function joinReasoningDetails(pieces: readonly ReasoningDetail[]): ReasoningDetail[] {
  const entries: ReasoningDetail[] = [];
  const places = new Map<string, number>();
  for (const piece of pieces) {
    const key = `${piece.type}/${piece.index}/${piece.id ?? ''}`;
    const place = piece.index == null ? undefined : places.get(key);
    const before = place === undefined ? undefined : entries[place];
    if (place !== undefined && before) entries[place] = join(before, piece);
    else places.set(key, entries.push(piece) - 1);
  }
  return entries;
}

/** The valid reasoning details in an unknown value. */
export const readReasoningDetails = (value: unknown): ReasoningDetail[] =>
  Array.isArray(value) ? value.filter(isReasoningDetail) : [];

function isReasoningDetail(value: unknown): value is ReasoningDetail {
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const holds = (name: string, type: 'string' | 'number') =>
    fields.get(name) == null || typeof fields.get(name) === type;
  return ['format', 'text', 'signature', 'data'].every((name) => holds(name, 'string')) && holds('index', 'number');
}
