import { type ReasoningDetail, readReasoningDetails } from '../../canonical/reasoning-details.ts';
import { invalidField } from '../../errors/invalid-field.ts';

/**
 * The signatures of vendors other than Anthropic travel through Anthropic's opaque fields (`signature` of a thinking
 * block, `data` of a redacted one): this prefix, then the `reasoning_details` as JSON in base64url.
 */
const PREFIX = 'duplex.';

/** Our own kind of detail: fields of a tool call that only its vendor knows, such as `extra_content`. */
export const CALL_FIELDS = 'call.fields';

export const encodeDetails = (details: readonly ReasoningDetail[]): string =>
  PREFIX + Buffer.from(JSON.stringify(details)).toString('base64url');

export const isEncoded = (opaque: string): boolean => opaque.startsWith(PREFIX);

/** Throws `invalid_field` when a client changed the text. */
export function decodeDetails(opaque: string, param: string): ReasoningDetail[] {
  try {
    return readReasoningDetails(JSON.parse(Buffer.from(opaque.slice(PREFIX.length), 'base64url').toString('utf8')));
  } catch (cause) {
    throw invalidField(param, 'Send this field back exactly as the gateway returned it.', cause);
  }
}
