import { randomUUID } from 'node:crypto';

/** The part that all ids of one answer share: those of its response, of its message and of its items. */
export const newStem = (): string => randomUUID().replaceAll('-', '');

export const responseIdOf = (stem: string): string => `resp_${stem}`;
export const messageIdOf = (stem: string): string => `msg_${stem}`;

/** Null when it is no id of this gateway. */
export const stemOf = (id: string): string | null => /^[a-z]+_([0-9a-f]{32})(?:_\d+)?$/.exec(id)?.[1] ?? null;

/** Numbers the items of one answer: the first of a kind has the bare id. */
export class ItemIds {
  readonly #stem: string;
  readonly #counts = new Map<string, number>();

  constructor(stem: string) {
    this.#stem = stem;
  }

  next(prefix: 'msg' | 'rs' | 'fc' | 'ctc' | 'ig' | 'fco' | 'ctco' | 'cmp'): string {
    const count = this.#counts.get(prefix) ?? 0;
    this.#counts.set(prefix, count + 1);
    return `${prefix}_${this.#stem}${count === 0 ? '' : `_${count}`}`;
  }
}
