import { z } from 'zod';

/** What a reasoning item carries for whichever upstream made it, so that the next request can hold it. */
export interface ReasoningProof {
  /** The reasoning itself, for upstreams that need it back. */
  readonly text: string;
  /** `reasoning_details`: what proves it to its vendor. */
  readonly details: readonly object[];
}

const PREFIX = 'duplex1.';
const Proof = z.object({ text: z.string(), details: z.array(z.looseObject({ type: z.string() })) });

/** As `encrypted_content`: opaque to clients, but no secret to them. */
export const sealProof = (proof: ReasoningProof): string =>
  PREFIX + Buffer.from(JSON.stringify(proof)).toString('base64url');

/** Null when it is not of this gateway. */
export function openProof(sealed: string): ReasoningProof | null {
  if (!sealed.startsWith(PREFIX)) return null;
  try {
    const json: unknown = JSON.parse(Buffer.from(sealed.slice(PREFIX.length), 'base64url').toString('utf8'));
    return Proof.safeParse(json).data ?? null;
  } catch {
    return null;
  }
}
