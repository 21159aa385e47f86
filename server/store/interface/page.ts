/** A place in a list, as a client sent it: a cursor that the list made, or the id of a row. */
export interface PageCursor {
  readonly value: string;
  /** The parameter that held it, for error messages. */
  readonly param: string;
}

/**
 * A page of a list. With `after`, the page holds the rows that follow a place; with `before`, the last rows before a
 * place. Both are in the order of the list. A cursor stays valid when the row that it was made of is deleted.
 */
export interface PageRequest {
  readonly limit: number;
  readonly after?: PageCursor | undefined;
  readonly before?: PageCursor | undefined;
}
