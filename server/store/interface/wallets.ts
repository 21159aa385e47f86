/** Amounts are in micro-USD, everywhere. */
export interface WalletRow {
  readonly owner: string;
  /** The sum of the ledger. */
  readonly balance: number;
  /** What requests under way may cost at most; the rest of the balance is free. */
  readonly held: number;
  readonly createdAt: Date;
}

export interface NewEntry {
  readonly owner: string;
  readonly kind: 'top_up' | 'correction';
  /** Not 0; negative takes away. */
  readonly amount: number;
  readonly author: string;
  readonly reason: string;
}

export interface LedgerRow {
  readonly key: number;
  readonly owner: string;
  readonly at: Date;
  /** `top_up`, `correction` or `charge`. */
  readonly kind: string;
  readonly amount: number;
  readonly author: string;
  readonly reason: string;
  readonly keyId: string | null;
  readonly requestId: string | null;
}

export interface NewReservation {
  readonly owner: string;
  /** Null: no budget to look at. */
  readonly keyId: string | null;
  readonly requestId: string;
  /** More than 0. */
  readonly amount: number;
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

export type Reserved = { readonly id: string } | { readonly refused: 'balance' | 'daily' | 'monthly' };

/**
 * Money. The balance is at any time the sum of the ledger and never below what is held, whatever number of callers and
 * processes reserve, settle and crash at once.
 */
export interface WalletStore {
  find(owner: string): Promise<WalletRow | null>;
  list(page: { limit: number; offset: number }): Promise<readonly WalletRow[]>;
  /** False when it would take what is not there. */
  post(entry: NewEntry): Promise<boolean>;
  /** Newest first. */
  entries(owner: string, page: { limit: number; offset: number }): Promise<readonly LedgerRow[]>;
  /** Holds an amount in one atomic step. A process that dies gives back what it held. */
  reserve(reservation: NewReservation): Promise<Reserved>;
  /**
   * Ends a reservation: charges `amount`, as far as the balance goes, and frees the rest. Queued, off the request's
   * path, and tried again while the database fails; once is enough, and more does no harm. Never throws.
   */
  settle(settlement: { readonly id: string; readonly amount: number; readonly reason: string }): void;
  /** Resolves when everything settled so far is on disk. */
  flush(): Promise<void>;
  /** What the charges to the keys of an owner (null: of all) add up to, by the day of UTC, oldest first. */
  spentByDay(owner: string | null): Promise<readonly { readonly day: string; readonly amount: number }[]>;
  /** What the charges of a key add up to, by the day and the month of UTC that hold `at`. */
  spent(keyId: string, at: Date): Promise<{ readonly day: number; readonly month: number }>;
}
