import { z } from 'zod';
import type { ReasoningDetail } from './reasoning-details.ts';
import { GEMINI_FORMAT } from './reasoning-details.ts';

/** What Gemini puts on a call. Source: Gemini API, "OpenAI compatibility", thought signatures. */
const GeminiCallFields = z.object({ google: z.object({ thought_signature: z.string().min(1) }) });

interface SignedCall {
  readonly id?: string | null | undefined;
  readonly extra_content?: unknown;
}

/** The signature that stands on a call, as a reasoning detail of this call; null: the call has none. */
export function toSignatureDetail({ id, extra_content: extra }: SignedCall): ReasoningDetail | null {
  const data = GeminiCallFields.safeParse(extra).data?.google.thought_signature;
  return data && id ? { type: 'reasoning.encrypted', data, format: GEMINI_FORMAT, id } : null;
}
