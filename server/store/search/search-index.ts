import type { Statements } from '../sqlite/connection.ts';
import type { Needle } from './fold-text.ts';
import {
  addMember,
  addStored,
  emptyMembers,
  intersection,
  isEmpty,
  lastCommon,
  type Members,
  placesOf,
  SEGMENT_SIZE,
} from './members.ts';
import { CONVERSATION_TERM } from './scope-terms.ts';

const SELECT_SEGMENT = 'SELECT max("segment") FROM "SearchPosting" WHERE "segment" < ?';

const SELECT_POSTING = 'SELECT "members" FROM "SearchPosting" WHERE "segment" = ? AND "term" = ?';

const SELECT_RANGE = 'SELECT "term", "members" FROM "SearchPosting" WHERE "segment" = ? AND "term" >= ? AND "term" < ?';

const SELECT_CONVERSATION = 'SELECT "conversationId" FROM "Message" WHERE "key" = ?';

/** The highest character: everything that begins with a word sorts before the word followed by this. */
const LAST = '\u{10ffff}';

/**
 * Up to this many matches are looked up one by one to find their conversations. For more, all conversations of the
 * segment are read.
 */
const FEW = 64;

/** A conversation, and its newest message that matches. */
export interface Hit {
  readonly conversationId: string;
  readonly messageKey: number;
}

/** Searches the index one segment at a time. */
export class SearchIndex {
  readonly #db: Statements;
  readonly #scopeTerm: string;
  /** The needles, whole words first: many terms begin with a given letter or two, so incomplete words are expensive. */
  readonly #needles: readonly Needle[];

  constructor(db: Statements, scope: string, needles: readonly Needle[]) {
    this.#db = db;
    this.#scopeTerm = scope;
    this.#needles = [...needles].sort((a, b) => Number(a.isPrefix) - Number(b.isPrefix));
  }

  /** The newest segment older than `segment`; null when there is none. */
  segmentBefore(segment: number): number | null {
    const found = this.#db.all(SELECT_SEGMENT, segment)[0]?.[0];
    return found == null ? null : Number(found);
  }

  /** The conversations with a match in this segment, the newest match first. */
  hitsIn(segment: number): Hit[] {
    const members = this.#verified(segment, this.#candidates(segment));
    const places = placesOf(members);
    return places.length > FEW ? this.#conversationsOf(segment, members) : this.#conversationsAt(segment, places);
  }

  #conversationsAt(segment: number, places: readonly number[]): Hit[] {
    const hits = new Map<string, Hit>();
    for (const place of places) {
      const messageKey = segment * SEGMENT_SIZE + place;
      const conversationId = this.#db.all(SELECT_CONVERSATION, messageKey)[0]?.[0];
      if (typeof conversationId !== 'string' || hits.has(conversationId)) continue;
      hits.set(conversationId, { conversationId, messageKey });
    }
    return [...hits.values()];
  }

  #conversationsOf(segment: number, matches: Members): Hit[] {
    return this.#range(segment, CONVERSATION_TERM)
      .flatMap(([term, stored]): Hit[] => {
        const newest = lastCommon(matches, stored);
        if (newest === null) return [];
        const conversationId = String(term).slice(CONVERSATION_TERM.length);
        return [{ conversationId, messageKey: segment * SEGMENT_SIZE + newest }];
      })
      .sort((a, b) => b.messageKey - a.messageKey);
  }

  /** The viewer's messages that contain all terms. */
  #candidates(segment: number): Members {
    let members = this.#posting(segment, this.#scopeTerm);
    for (const { terms, isPrefix } of this.#needles) {
      for (const [i, term] of terms.entries()) {
        if (isEmpty(members)) return members;
        const prefix = isPrefix && i === terms.length - 1;
        members = intersection(members, prefix ? this.#beginning(segment, term) : this.#posting(segment, term));
      }
    }
    return members;
  }

  /** The candidates in which the terms of each needle follow each other. */
  #verified(segment: number, candidates: Members): Members {
    const runs = this.#needles.filter(({ terms }) => terms.length > 1).map(({ text }) => text);
    if (runs.length === 0) return candidates;
    const places = placesOf(candidates);
    const keys = places.length > FEW ? [] : places.map((place) => segment * SEGMENT_SIZE + place);
    const holds = runs.map(() => 'instr("words", ?) > 0').join(' AND ');
    const where = places.length > FEW ? '"key" >= ? AND "key" < ?' : `"key" IN (${keys.map(() => '?').join()})`;
    const bounds = places.length > FEW ? [segment * SEGMENT_SIZE, (segment + 1) * SEGMENT_SIZE] : keys;
    const verified = emptyMembers();
    for (const [key] of this.#db.all(
      `SELECT "key" FROM "MessageWords" WHERE ${where} AND ${holds}`,
      ...bounds,
      ...runs,
    )) {
      addMember(verified, Number(key) % SEGMENT_SIZE);
    }
    return intersection(verified, candidates);
  }

  #posting(segment: number, term: string): Members {
    const members = emptyMembers();
    const [found] = this.#db.all(SELECT_POSTING, segment, term);
    if (found) addStored(members, found[0]);
    return members;
  }

  #beginning(segment: number, prefix: string): Members {
    const members = emptyMembers();
    for (const [, stored] of this.#range(segment, prefix)) addStored(members, stored);
    return members;
  }

  #range(segment: number, prefix: string): unknown[][] {
    return this.#db.all(SELECT_RANGE, segment, prefix, `${prefix}${LAST}`);
  }
}
