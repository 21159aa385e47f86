import { cutMedia, joinMedia } from '../cut-media.ts';
import { inMessage, inResponse, ownerOf, replaceMedia } from '../media.ts';
import type { Statements } from '../sqlite/connection.ts';
import { shareDatabase } from './share-database.ts';
import type { WorkerDatabase } from './worker-database.ts';

const SELECT_PENDING = 'SELECT 1 FROM "MediaMove" LIMIT 1';

/** Whether texts of an earlier version may hold media inside. */
export const hasMediaToMove = (db: Statements): boolean => db.all(SELECT_PENDING).length > 0;

const SELECT_PLACE = 'SELECT "afterId", "lastId" FROM "MediaMove" WHERE "source" = ?';
const MOVE_ON = 'UPDATE "MediaMove" SET "afterId" = ? WHERE "source" = ?';
const END_MOVE = 'DELETE FROM "MediaMove" WHERE "source" = ?';

/** A table whose texts may hold media, and the statements for it. */
interface Source {
  readonly name: string;
  readonly selectLong: string;
  readonly selectText: string;
  readonly updateText: string;
  /** The data that an earlier pass cut out of a text. */
  readonly selectPieces: string;
  readonly holder: typeof inMessage;
}

/** The length is read from the head of the row: of short texts nothing else is. In bytes, as `LEAST` of cut-media.ts. */
const selectLong = (table: string, column: string) => `
  SELECT "id" FROM "${table}" WHERE "id" > ? AND "id" <= ? AND octet_length("${column}") >= 32768 ORDER BY "id" LIMIT 1`;

const selectText = (table: string, column: string) => `
  SELECT "conversationId", "${column}" FROM "${table}" WHERE "id" = ? AND "${column}" IS NOT NULL`;

const updateText = (table: string, column: string) => `
  UPDATE "${table}" SET "${column}" = CAST(? AS TEXT) WHERE "id" = ?`;

const PIECES_OF_MESSAGE = `
  SELECT l."at", d."data" FROM "Message" m JOIN "MessageMedia" l ON l."messageKey" = m."key" JOIN "Media" d ON d."id" = l."mediaId"
  WHERE m."id" = ? ORDER BY l."at"`;

const PIECES_OF_RESPONSE = `
  SELECT l."at", d."data" FROM "ResponseMedia" l JOIN "Media" d ON d."id" = l."mediaId" WHERE l."responseId" = ? ORDER BY l."at"`;

const sourceOf = (
  name: string,
  column: string,
  { holder, selectPieces }: Pick<Source, 'holder' | 'selectPieces'>,
): Source => ({
  name,
  selectLong: selectLong(name, column),
  selectText: selectText(name, column),
  updateText: updateText(name, column),
  selectPieces,
  holder,
});

const SOURCES: readonly Source[] = [
  sourceOf('Message', 'prompt', { holder: inMessage, selectPieces: PIECES_OF_MESSAGE }),
  sourceOf('Response', 'output', { holder: inResponse, selectPieces: PIECES_OF_RESPONSE }),
];

/** Cuts the media out of one text. It is read here, in the transaction: it may have been changed or deleted since. */
function moveOne(db: Statements, { selectText, selectPieces, updateText, holder }: Source, id: string): void {
  const [found] = db.all(selectText, id);
  if (!found) return;
  // Pictures may have been cut out of it already, and a sound not.
  const kept = db.all(selectPieces, id).map(([at, data]) => ({ at: Number(at), data: String(data) }));
  const { text, pieces } = cutMedia(joinMedia(String(found[1]), kept));
  if (pieces.length === kept.length) return;
  db.run(updateText, Buffer.from(text), id);
  replaceMedia(db, holder, { id, pieces, owner: ownerOf(db, String(found[0])) });
}

/**
 * Moves the media of texts that an earlier version stored into their table. Each text is moved in one transaction with the
 * note of how far it got: after a crash, and with several processes on one database, nothing is lost or moved twice.
 */
export class MediaMover {
  readonly #db: WorkerDatabase;
  #stopped = false;

  constructor(db: WorkerDatabase) {
    this.#db = db;
  }

  async run(): Promise<void> {
    for (const source of SOURCES) {
      while (!this.#stopped && (await shareDatabase(() => this.#step(source))));
    }
  }

  /** Stops moving. The rest is moved after the next start. */
  stop(): void {
    this.#stopped = true;
  }

  /** One text; false when there is none. */
  async #step(source: Source): Promise<boolean> {
    const [place] = this.#db.statements.all(SELECT_PLACE, source.name);
    if (!place) return false;
    const [found] = this.#db.statements.all(source.selectLong, String(place[0]), String(place[1]));
    const id = found === undefined ? null : String(found[0]);
    await this.#db.transact((db) => {
      if (id === null) {
        db.run(END_MOVE, source.name);
        return;
      }
      moveOne(db, source, id);
      db.run(MOVE_ON, id, source.name);
    });
    return id !== null;
  }
}
