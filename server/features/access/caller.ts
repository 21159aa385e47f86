import type { Claim } from '../../store/interface/claims.ts';
import type { Account } from './account.ts';
import type { RequestRecord } from './request-record.ts';

/** The limits of a client token that its key does not have. */
export interface TokenScope {
  readonly id: string;
  /** The end user of all its requests. */
  readonly userId: string;
  /** What its requests may cost together, in micro-USD; null: only the key limits them. */
  readonly budget: number | null;
  readonly expiresAt: Date;
}

/** The sender of a request, after the key was checked. */
export interface Principal {
  /** SHA-256 of the key, in hex: what limits and rows are kept under. */
  readonly keyHash: string;
  readonly role: 'admin' | 'key';
  /** Null: the administrator, who pays nothing, or a visitor of the demo. */
  readonly keyId: string | null;
  /** The operator's name for the key. */
  readonly keyName: string | null;
  readonly owner: string | null;
  /** The key's group in the models file. */
  readonly group: string | null;
  /** The aliases that it may use; null: every one. */
  readonly models: ReadonlySet<string> | null;
  /** The limits and the wallet of the key; null for whoever has no key, and so no limits. */
  readonly account: Account | null;
  /** The web origins whose pages may send its requests; null: those of `CORS_ORIGINS`. */
  readonly origins: ReadonlySet<string> | null;
  /** The scope of the client token that was sent; null when the key itself was sent. */
  readonly token: TokenScope | null;
  /** Aborts when the key is revoked or disabled; null: never. */
  readonly revoked: AbortSignal | null;
}

/** The request around a use case: what it is called, when to stop, and what to say beside the answer. */
export interface Caller {
  readonly requestId: string;
  readonly principal: Principal;
  /** Aborts when the client has left, or its key was revoked. */
  readonly signal: AbortSignal;
  /** Headers of the client's dialect, such as `anthropic-beta`. */
  readonly dialectHeaders?: Readonly<Record<string, string>> | undefined;
  /** When the request came, by `monotonicNow()`: its whole time runs from here. */
  readonly receivedAt: number;
  readonly record: RequestRecord;
  /** The claim of a request with an idempotency key. The code that begins the run takes it. */
  readonly claim?: Claim | undefined;
  /** Whether the response headers are on their way already; absent: the transport has none. */
  headersSent?(): boolean;
  /** Response headers; a transport without headers ignores them. Must be set before the first chunk. Null takes one back. */
  setHeader(name: string, value: string | null): void;
}
