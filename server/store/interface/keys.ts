/** What one key may do in a minute, at once, and for how much. Null: no limit. */
export interface KeyLimits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly concurrent: number | null;
  /** In micro-USD, by the day and month of UTC. */
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

/** What an administrator may change of a key. */
export interface KeyFields extends KeyLimits {
  readonly name: string;
  /** A group of the models file; null: every model, at its price. */
  readonly group: string | null;
  readonly expiresAt: Date | null;
  /** Aliases; null: those of the group. */
  readonly models: readonly string[] | null;
  /** Addresses and CIDR ranges; null: any address. */
  readonly ipRanges: readonly string[] | null;
  readonly enabled: boolean;
}

export interface KeySecret {
  /** SHA-256, in hex. */
  readonly hash: string;
  /** The first characters, to tell keys apart. */
  readonly prefix: string;
}

export interface KeyRow extends KeyFields, KeySecret {
  readonly id: string;
  /** Whose wallet pays and whose conversations it sees. */
  readonly owner: string;
  readonly revokedAt: Date | null;
  readonly createdAt: Date;
  /** Grows with every change of any key. */
  readonly revision: number;
}

/** Keys that were given out; none is ever deleted. */
export interface KeyStore {
  /** `owner` null makes the key its own owner. */
  create(key: KeyFields & KeySecret & { readonly owner: string | null }): Promise<KeyRow>;
  /** Newest first. */
  list(page: { owner?: string | undefined; limit: number; offset: number }): Promise<readonly KeyRow[]>;
  find(id: string): Promise<KeyRow | null>;
  /** The names of keys, by their ids. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Null when there is no such key, or it was revoked. */
  update(id: string, fields: Partial<KeyFields & KeySecret>): Promise<KeyRow | null>;
  /** Null when there is no such key, or it was revoked before. */
  revoke(id: string): Promise<KeyRow | null>;
  /** Every key that was made or changed after `revision`, by this process or another one, in order of the changes. */
  changedSince(revision: number): Promise<readonly KeyRow[]>;
}
