import type { Statements } from '../sqlite/connection.ts';
import { type Needle, readQuery } from './fold-text.ts';
import { makeExcerpt } from './make-excerpt.ts';
import type { Scope } from './scope-terms.ts';
import { type Found, walkHits } from './walk-hits.ts';

/** A place in the results. It does not depend on rows that still exist: the conversations before it may be deleted. */
export type SearchPlace =
  | { readonly by: 'title'; readonly lastUsedAt: string; readonly id: string }
  | { readonly by: 'message'; readonly key: number };

export interface SearchRequest {
  readonly scope: Scope;
  readonly query: string;
  readonly limit: number;
  readonly offset: number;
  /** The page holds what follows this place, or the last results before `before`. */
  readonly after: SearchPlace | null;
  readonly before: SearchPlace | null;
}

interface SearchHit {
  readonly conversationId: string;
  /** Null: the title matches. */
  readonly messageId: string | null;
  readonly excerpt: string;
  readonly place: SearchPlace;
}

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  readonly total: number;
  /** True when there are more than `total`, which were not counted. */
  readonly isLowerBound: boolean;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

/** A search counts no further than this, but all results can be read. */
const MAX_COUNT = 1_000;

const placeOf = (found: Found): SearchPlace =>
  found.by === 'title'
    ? { by: 'title', lastUsedAt: found.lastUsedAt, id: found.conversationId }
    : { by: 'message', key: found.messageKey };

/** Negative when `a` comes first. */
function compare(a: SearchPlace, b: SearchPlace): number {
  if (a.by === 'message') return b.by === 'message' ? b.key - a.key : 1;
  if (b.by === 'message') return -1;
  if (a.lastUsedAt !== b.lastUsedAt) return a.lastUsedAt > b.lastUsedAt ? -1 : 1;
  return a.id === b.id ? 0 : a.id > b.id ? -1 : 1;
}

const SELECT_TEXT = 'SELECT "text", "id" FROM "Message" WHERE "key" = ?';

const SELECT_TITLE = 'SELECT "title" FROM "Conversation" WHERE "id" = ?';

function toHit(db: Statements, found: Found, needles: readonly Needle[]): SearchHit {
  const [row] =
    found.by === 'title' ? db.all(SELECT_TITLE, found.conversationId) : db.all(SELECT_TEXT, found.messageKey);
  const { conversationId } = found;
  const messageId = found.by === 'message' && typeof row?.[1] === 'string' ? row[1] : null;
  return { conversationId, messageId, excerpt: makeExcerpt(String(row?.[0] ?? ''), needles), place: placeOf(found) };
}

/** One page of the matching conversations, and how many there are. */
export async function searchPage(db: Statements, request: SearchRequest): Promise<SearchPage> {
  const { scope, query, limit, offset, after, before } = request;
  const needles = readQuery(query);
  if (needles.length === 0) return { hits: [], total: 0, isLowerBound: false, hasBefore: false, hasAfter: false };

  const shown: Found[] = [];
  let total = 0;
  let earlier = 0;
  let hasAfter = false;
  let isLowerBound = false;
  for await (const found of walkHits(db, scope, needles)) {
    const place = placeOf(found);
    const isEarlier = after !== null ? compare(place, after) <= 0 : before === null && total < offset;
    const isLater = before !== null && compare(place, before) >= 0;
    if (isEarlier) earlier++;
    else if (isLater || (before === null && shown.length === limit)) hasAfter = true;
    else {
      shown.push(found);
      if (shown.length > limit) earlier += shown.splice(0, 1).length;
    }
    isLowerBound = total === MAX_COUNT;
    if (!isLowerBound) total++;
    else if (hasAfter) break;
  }
  return {
    hits: shown.map((found) => toHit(db, found, needles)),
    total,
    isLowerBound,
    hasBefore: earlier > 0,
    hasAfter,
  };
}
