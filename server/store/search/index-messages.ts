import type { Statements } from '../sqlite/connection.ts';
import { textOrNull } from '../sqlite/values.ts';
import { foldText } from './fold-text.ts';
import {
  addMember,
  addStored,
  emptyMembers,
  encodeMembers,
  isEmpty,
  removeMember,
  SEGMENT_SIZE,
  segmentOf,
} from './members.ts';
import { placeTerms } from './scope-terms.ts';

/** The newest changes come first. */
const SELECT_SIZES = `
  SELECT q."key", octet_length(m."text") FROM "SearchQueue" q LEFT JOIN "Message" m ON m."key" = q."key"
  ORDER BY q."key" DESC LIMIT ?`;

const SELECT_PENDING = `
  SELECT q."key", m."text", w."words", c."owner", c."userId", c."id" FROM "SearchQueue" q
  LEFT JOIN "Message" m ON m."key" = q."key"
  LEFT JOIN "Conversation" c ON c."id" = m."conversationId"
  LEFT JOIN "MessageWords" w ON w."key" = q."key"
  WHERE q."key" IN (SELECT value FROM json_each(?)) ORDER BY q."key"`;

const PUT_WORDS = `
  INSERT INTO "MessageWords" ("key", "words") VALUES (?, ?) ON CONFLICT ("key") DO UPDATE SET "words" = excluded."words"`;

const DELETE_WORDS = 'DELETE FROM "MessageWords" WHERE "key" = ?';

const DELETE_PENDING = 'DELETE FROM "SearchQueue" WHERE "key" IN (SELECT value FROM json_each(?))';

const SELECT_POSTING = 'SELECT "members" FROM "SearchPosting" WHERE "segment" = ? AND "term" = ?';

const PUT_POSTING = `
  INSERT INTO "SearchPosting" ("segment", "term", "members") VALUES (?, ?, ?)
  ON CONFLICT ("segment", "term") DO UPDATE SET "members" = excluded."members"`;

const DELETE_POSTING = 'DELETE FROM "SearchPosting" WHERE "segment" = ? AND "term" = ?';

/** How much text a batch may hold, in bytes; its last message may exceed this. */
const MAX_BATCH_TEXT = 200_000;

/** A message that is to be indexed. */
interface Pending {
  readonly key: number;
  /** Null when the message is gone. */
  readonly text: string | null;
  /** The words in the index now. */
  readonly words: string | null;
  readonly placeTerms: readonly string[];
}

/** Messages of the queue. Folding takes the most time, so it is done before the transaction. */
export interface Batch {
  readonly keys: readonly number[];
  /** The folded words, by the text that they come from. */
  readonly folded: ReadonlyMap<string, string>;
}

function selectPending(db: Statements, keys: readonly number[]): Pending[] {
  return db.all(SELECT_PENDING, JSON.stringify(keys)).map(([key, text, words, owner, userId, conversationId]) => ({
    key: Number(key),
    text: textOrNull(text),
    words: textOrNull(words),
    placeTerms: placeTerms({
      owner: textOrNull(owner),
      userId: textOrNull(userId),
      conversationId: String(conversationId),
    }),
  }));
}

/** The words to be written for a message. Null when it is gone or has no text. */
function wordsFor({ text, placeTerms }: Pending, folded: ReadonlyMap<string, string>): string | null {
  if (text === null) return null;
  const words = folded.get(text) ?? foldText(text);
  return words === '' ? null : ` ${placeTerms.join(' ')}${words}`;
}

const termsOf = (words: string | null): Set<string> => new Set(words?.split(' ').filter(Boolean));

/** The places of messages in a segment that are added or removed. */
interface Change {
  readonly added: number[];
  readonly removed: number[];
}

/** Collects the changes of a batch by segment and term, so that each row of the index is written once. */
class Changes {
  readonly #segments = new Map<number, Map<string, Change>>();

  note(key: number, before: ReadonlySet<string>, after: ReadonlySet<string>): void {
    const place = key % SEGMENT_SIZE;
    for (const term of before) if (!after.has(term)) this.#of(key, term).removed.push(place);
    for (const term of after) if (!before.has(term)) this.#of(key, term).added.push(place);
  }

  write(db: Statements): void {
    for (const [segment, terms] of this.#segments) {
      for (const term of [...terms.keys()].sort()) {
        const change = terms.get(term);
        if (change) writePosting(db, { segment, term, ...change });
      }
    }
  }

  #of(key: number, term: string): Change {
    const segment = segmentOf(key);
    const terms = this.#segments.get(segment) ?? new Map<string, Change>();
    this.#segments.set(segment, terms);
    const change = terms.get(term) ?? { added: [], removed: [] };
    terms.set(term, change);
    return change;
  }
}

function writePosting(db: Statements, posting: Change & { readonly segment: number; readonly term: string }): void {
  const { segment, term, added, removed } = posting;
  const [found] = db.all(SELECT_POSTING, segment, term);
  const members = emptyMembers();
  if (found) addStored(members, found[0]);
  for (const place of removed) removeMember(members, place);
  for (const place of added) addMember(members, place);
  if (isEmpty(members)) db.run(DELETE_POSTING, segment, term);
  else db.run(PUT_POSTING, segment, term, encodeMembers(members));
}

export const hasPendingMessages = (db: Statements): boolean => db.all(SELECT_SIZES, 1).length > 0;

/** The next messages whose words differ from the index; null when there are none. */
export function readBatch(db: Statements, limit: number): Batch | null {
  const keys: number[] = [];
  let room = MAX_BATCH_TEXT;
  for (const [key, bytes] of db.all(SELECT_SIZES, limit)) {
    if (room <= 0) break;
    keys.push(Number(key));
    room -= Number(bytes ?? 0);
  }
  if (keys.length === 0) return null;
  const folded = new Map<string, string>();
  for (const { text } of selectPending(db, keys)) if (text !== null) folded.set(text, foldText(text));
  return { keys, folded };
}

/** Updates the index to what these messages say now. Run it in a transaction. */
export function indexMessages(db: Statements, { keys, folded }: Batch): void {
  const changes = new Changes();
  for (const pending of selectPending(db, keys)) {
    const { key, words } = pending;
    const after = wordsFor(pending, folded);
    changes.note(key, termsOf(words), termsOf(after));
    if (after !== null) db.run(PUT_WORDS, key, after);
    else if (words !== null) db.run(DELETE_WORDS, key);
  }
  changes.write(db);
  db.run(DELETE_PENDING, JSON.stringify(keys));
}
