import { createHash } from 'node:crypto';

/** Whose conversations are searched; the fields are as in `NewTurn`. */
export interface Scope {
  /** Null: what the administrator began. */
  readonly owner: string | null;
  readonly userId: string | null;
}

/** The mark before such terms. No word begins with this character. */
const MARK = '\u0001';

export const CONVERSATION_TERM = `${MARK}c`;

const MAX_KNOWN = 1_000;
const known = new Map<string, string>();

/**
 * A short hash, since every message has it. If two hashes should ever be the same, the rows that are read afterwards
 * still tell them apart.
 */
function hash(parts: readonly (string | null)[]): string {
  const text = JSON.stringify(parts);
  const before = known.get(text);
  if (before !== undefined) return before;
  const hashed = createHash('sha256').update(text).digest('base64url').slice(0, 12);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, hashed);
  return hashed;
}

/**
 * The term that is in every message which this viewer can search. Because it is in the index, other users' messages
 * cost a search nothing. Without an owner, it is in the messages of every owner.
 */
export const scopeTerm = ({ owner, userId }: Scope): string =>
  owner === null ? `${MARK}u${hash([userId])}` : `${MARK}k${hash([owner, userId])}`;

/** The terms of a message besides its words: those for its viewers, and one for its conversation. */
export function placeTerms(place: Scope & { readonly conversationId: string }): string[] {
  const { owner, userId, conversationId } = place;
  const ofKey = owner === null ? [] : [scopeTerm({ owner, userId })];
  return [scopeTerm({ owner: null, userId }), ...ofKey, `${CONVERSATION_TERM}${conversationId}`];
}
