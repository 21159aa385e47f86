import { tableOf } from '../../canonical/table-of.ts';
import { AppError } from '../../errors/app-error.ts';

/** Source: "FinishReason" of https://ai.google.dev/api/generate-content. */
const REASONS = tableOf<string>({
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
});

/**
 * The finish reason of the canonical form. Every unknown reason (MALFORMED_FUNCTION_CALL, UNEXPECTED_TOOL_CALL,
 * NO_IMAGE, OTHER, …) means that the model failed to answer: it becomes `upstream_broken`, so that another backend can
 * be tried.
 */
export function toFinishReason(native: string, message: string | null | undefined, called: boolean): string {
  const reason = REASONS[native.toUpperCase()];
  if (reason === undefined) {
    const cause = new Error(`finishReason ${native}: ${message?.slice(0, 500) ?? ''}`);
    throw new AppError('upstream_broken', `The model failed to answer (${native.slice(0, 50)}).`, { cause });
  }
  return reason === 'stop' && called ? 'tool_calls' : reason;
}
