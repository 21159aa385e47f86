/** A place in a list, as a client gave it: opaque text that the list made, or the id of a row. */
export interface PageCursor {
  readonly value: string;
  /** The parameter that it came by, for errors. */
  readonly param: string;
}

/**
 * A part of a list. With `after` the rows that follow a place, with `before` the last ones before it, in the order of the
 * list. A cursor is good whether or not the row that it was made of is still there.
 */
export interface PageRequest {
  readonly limit: number;
  readonly after?: PageCursor | undefined;
  readonly before?: PageCursor | undefined;
}
