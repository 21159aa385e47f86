/** A models file, and what could not be carried over into it, line by line. */
export interface Imported {
  readonly text: string;
  readonly notes: readonly string[];
}
