/** The end user that a client says a request is for. */
export interface EndUser {
  readonly id: string;
  /** The field that says it. */
  readonly param: 'user' | 'user_id' | 'metadata.user_id';
}

/** Null and an empty text mean that no end user is named. */
export const endUserOf = (id: unknown, param: EndUser['param']): EndUser | undefined =>
  typeof id === 'string' && id !== '' ? { id, param } : undefined;
