/**
 * What the operations that are written by hand need from the rest of the OpenAPI document. The generator only knows the
 * operations of the router.
 */
export interface DocumentParts {
  readonly headers: object;
  /** The statuses of errors that every such operation can answer with, because it has a key or a body. */
  readonly common: readonly string[];
  readonly errorResponse: (status: string) => object;
}

/** The error responses of an operation, by status: those that all such operations have, and its `own`. */
export const errorResponses = (
  { common, errorResponse }: DocumentParts,
  own: readonly string[],
): Record<string, object> => Object.fromEntries([...common, ...own].map((status) => [status, errorResponse(status)]));
