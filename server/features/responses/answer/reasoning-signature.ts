import { ReasoningProof } from '../../../../contracts/responses/answer-shapes.ts';

const PREFIX = 'duplex1.';

/** The text for `encrypted_content`. It is opaque to clients, but not a secret. */
export const sealProof = (proof: ReasoningProof): string =>
  PREFIX + Buffer.from(JSON.stringify(proof)).toString('base64url');

/** Null when it is not of this gateway. */
export function openProof(sealed: string): ReasoningProof | null {
  if (!sealed.startsWith(PREFIX)) return null;
  try {
    const json: unknown = JSON.parse(Buffer.from(sealed.slice(PREFIX.length), 'base64url').toString('utf8'));
    return ReasoningProof.safeParse(json).data ?? null;
  } catch {
    return null;
  }
}
