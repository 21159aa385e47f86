import { z } from 'zod';

const Detail = z.looseObject({
  type: z.string(),
  index: z.int().nullish(),
  id: z.string().nullish(),
  text: z.string().nullish(),
  summary: z.string().nullish(),
});
type Detail = z.infer<typeof Detail>;

/** Without an index nothing says that two are pieces of one. */
const areOne = (a: Detail, b: Detail) => a.index != null && a.index === b.index && a.type === b.type && a.id === b.id;

function join(before: Detail, piece: Detail): void {
  const text = before.text != null || piece.text != null ? { text: (before.text ?? '') + (piece.text ?? '') } : {};
  const summary =
    before.summary != null || piece.summary != null ? { summary: (before.summary ?? '') + (piece.summary ?? '') } : {};
  Object.assign(before, piece, text, summary);
}

/** A stream's `reasoning_details`, collected: pieces of one detail follow each other and become one. */
export class ReasoningDetails {
  readonly list: unknown[] = [];
  #last: Detail | undefined;

  add(pieces: readonly unknown[]): void {
    for (const given of pieces) {
      const piece = Detail.safeParse(given).data;
      if (piece && this.#last && areOne(this.#last, piece)) {
        join(this.#last, piece);
        continue;
      }
      this.#last = piece;
      this.list.push(piece ?? given);
    }
  }
}
