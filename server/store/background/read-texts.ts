import { keyOf, type LongText } from '../long-texts.ts';
import type { Statements } from '../sqlite/connection.ts';

const SELECT: Readonly<Record<LongText['table'], string>> = {
  Message: 'SELECT CAST("prompt" AS BLOB) FROM "Message" WHERE "id" = ?',
  Media: 'SELECT CAST("data" AS BLOB) FROM "Media" WHERE "id" = ?',
};

/** A text as its UTF-8 bytes, whose memory can be handed to another thread. */
export interface TextBytes {
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Reads long texts. One that is gone, or has another length now, is left out. */
export function readTexts(db: Statements, texts: readonly LongText[]): TextBytes[] {
  return texts.flatMap((text) => {
    const value = db.all(SELECT[text.table], text.id)[0]?.[0];
    return value instanceof Uint8Array && value.length === text.bytes
      ? [{ key: keyOf(text), bytes: new Uint8Array(value) }]
      : [];
  });
}
