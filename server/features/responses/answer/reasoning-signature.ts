import { ReasoningSignature } from '../../../../contracts/responses/answer-shapes.ts';

const PREFIX = 'duplex1.';

/** The text for `encrypted_content`. It is opaque to clients, but not a secret. */
export const encodeSignature = (signature: ReasoningSignature): string =>
  PREFIX + Buffer.from(JSON.stringify(signature)).toString('base64url');

/** Null when the text is not from this gateway. */
export function decodeSignature(encoded: string): ReasoningSignature | null {
  if (!encoded.startsWith(PREFIX)) return null;
  try {
    const json: unknown = JSON.parse(Buffer.from(encoded.slice(PREFIX.length), 'base64url').toString('utf8'));
    return ReasoningSignature.safeParse(json).data ?? null;
  } catch {
    return null;
  }
}
