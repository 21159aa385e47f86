import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Statements } from '../sqlite/connection.ts';
import type { Needle } from './fold-text.ts';
import { type Scope, scopeTerm } from './scope-terms.ts';
import { SearchIndex } from './search-index.ts';

/** A conversation that was found, with its place in the order: those found by their titles come first. */
export type Found =
  | { readonly by: 'title'; readonly conversationId: string; readonly lastUsedAt: string }
  | { readonly by: 'message'; readonly conversationId: string; readonly messageKey: number };

/** How many segments are read before other requests get a turn. */
const SEGMENTS_A_TURN = 8;

function titleHits(db: Statements, { owner, userId }: Scope, needles: readonly Needle[]): Found[] {
  const holds = needles.map(() => 'AND instr("titleWords", ?) > 0').join(' ');
  const rows = db.all(
    `SELECT "id", "lastUsedAt" FROM "Conversation" INDEXED BY "Conversation_titled_idx"
     WHERE "titleWords" IS NOT NULL AND "userId" IS ? AND "owner" IS ? ${holds} ORDER BY "lastUsedAt" DESC, "id" DESC`,
    ...[userId, owner, ...needles.map(({ text }) => text)],
  );
  return rows.map(([id, lastUsedAt]) => ({
    by: 'title',
    conversationId: String(id),
    lastUsedAt: String(lastUsedAt),
  }));
}

/** The index has no term for what the administrator began, so that such a search finds the messages of every owner. */
const isOfAdmin = (db: Statements, conversationId: string): boolean =>
  db.all('SELECT "id" FROM "Conversation" WHERE "id" = ? AND "owner" IS NULL', conversationId).length > 0;

/**
 * All matching conversations, each once: those found by their titles by their last use, then those found by their
 * messages, the newest match first. Nothing is read before it is asked for.
 */
export async function* walkHits(
  db: Statements,
  scope: Scope,
  needles: readonly Needle[],
): AsyncGenerator<Found, void, void> {
  const seen = new Set<string>();
  for (const found of titleHits(db, scope, needles)) {
    seen.add(found.conversationId);
    yield found;
  }
  const index = new SearchIndex(db, scopeTerm(scope), needles);
  let read = 0;
  for (
    let segment = index.segmentBefore(Number.MAX_SAFE_INTEGER);
    segment !== null;
    segment = index.segmentBefore(segment)
  ) {
    if (++read % SEGMENTS_A_TURN === 0) await nextTurn();
    for (const { conversationId, messageKey } of index.hitsIn(segment)) {
      if (seen.has(conversationId)) continue;
      seen.add(conversationId);
      if (scope.owner === null && !isOfAdmin(db, conversationId)) continue;
      yield { by: 'message', conversationId, messageKey };
    }
  }
}
