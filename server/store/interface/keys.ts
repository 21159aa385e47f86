/** What one key may use: requests and tokens a minute, requests at once, and money. Null: no limit. */
export interface KeyLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly concurrent: number | null;
  /** Budgets in micro-USD, by the UTC day and month. */
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

/** The fields of a key that an administrator can change. */
export interface KeyFields extends KeyLimits {
  readonly name: string;
  /** A group of the models file. Null: every model, at its own price. */
  readonly group: string | null;
  readonly expiresAt: Date | null;
  /** Allowed aliases. Null: those of the group. */
  readonly models: readonly string[] | null;
  /** Allowed addresses and CIDR ranges. Null: any address. */
  readonly ipRanges: readonly string[] | null;
  /** The web origins whose pages may use the key. Null: those of `CORS_ORIGINS`. */
  readonly corsOrigins: readonly string[] | null;
  readonly enabled: boolean;
}

export interface KeySecret {
  /** The SHA-256 of the key, in hex. */
  readonly hash: string;
  /** The first characters of the key, to tell keys apart. */
  readonly prefix: string;
}

export interface KeyRow extends KeyFields, KeySecret {
  readonly id: string;
  /** The owner whose wallet pays, and whose conversations the key can see. */
  readonly owner: string;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
  /** Grows with every change of any key. */
  readonly revision: number;
}

/** The keys that were created. None is ever deleted. */
export interface KeyStore {
  /** Creates a key. With `owner` null the key becomes its own owner. */
  create(key: KeyFields & KeySecret & { readonly owner: string | null }): Promise<KeyRow>;
  /** Keys, newest first. */
  list(page: { owner?: string | undefined; limit: number; offset: number }): Promise<readonly KeyRow[]>;
  find(id: string): Promise<KeyRow | null>;
  /** The names of keys, by their ids. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Changes a key. Null when there is no such key, or it was revoked. */
  update(id: string, fields: Partial<KeyFields & KeySecret>): Promise<KeyRow | null>;
  /** Revokes a key. Null when there is no such key, or it was revoked before. */
  revoke(id: string): Promise<KeyRow | null>;
  /**
   * Every key that was created or changed after `revision`, by this process or another one, in the order of the
   * changes.
   */
  changedSince(revision: number): Promise<readonly KeyRow[]>;
}
