import { z } from 'zod';
import type { ReasoningDetail } from './reasoning-details.ts';
import { GEMINI_FORMAT } from './reasoning-details.ts';

/** The extra fields of a call at Gemini. Source: Gemini API, "OpenAI compatibility", thought signatures. */
const GeminiCallFields = z.object({ google: z.object({ thought_signature: z.string().min(1) }) });

interface SignedCall {
  readonly id?: string | null | undefined;
  readonly extra_content?: unknown;
}

/** The signature of a call, as a reasoning detail of this call. Null: the call has none. */
export function toSignatureDetail({ id, extra_content: extra }: SignedCall): ReasoningDetail | null {
  const data = GeminiCallFields.safeParse(extra).data?.google.thought_signature;
  return data && id ? { type: 'reasoning.encrypted', data, format: GEMINI_FORMAT, id } : null;
}
