/** Who sends a request, once the key was checked. */
export interface Principal {
  /** SHA-256 of the key, in hex: what limits and rows are kept under. */
  readonly keyHash: string;
  readonly role: 'admin';
}

/** The request around a use case: what it is called, when to stop, and what to say beside the answer. */
export interface Caller {
  readonly requestId: string;
  readonly principal: Principal;
  /** Aborts when the client has left. */
  readonly signal: AbortSignal;
  /** Headers of the client's dialect, such as `anthropic-beta`. */
  readonly dialectHeaders?: Readonly<Record<string, string>> | undefined;
  /** Response headers; a transport without headers ignores them. Must be set before the first chunk. */
  setHeader(name: string, value: string): void;
}
