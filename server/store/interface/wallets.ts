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

/** How much is to be reserved: all of `most` when the money allows, and not less than `least`. */
export interface Wanted {
  /** More than 0. */
  readonly least: number;
  readonly most: number;
}

/** What the requests of a key may spend in a day and a month of UTC; null: as much as the wallet has. */
export interface Budgets {
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

export interface NewReservation extends Wanted, Budgets {
  readonly owner: string;
  /** Null: no budget to look at. */
  readonly keyId: string | null;
  readonly requestId: string;
}

/** A reservation that is to become larger. */
export interface Growth extends Wanted, Budgets {
  readonly id: string;
  readonly owner: string;
  readonly keyId: string | null;
}

/** Why nothing was reserved: the wallet's money, or a budget of the key, with what is spent and reserved of it. */
export type Shortage =
  | { readonly refused: 'balance'; readonly balance: number; readonly held: number }
  | {
      readonly refused: 'daily' | 'monthly';
      readonly budget: number;
      readonly spent: number;
      readonly held: number;
    };

/** `amount` is all that the reservation holds now. */
export type Reserved = { readonly id: string; readonly amount: number } | Shortage;

/** How a reservation ends. `amount` is charged, as far as the balance goes; 0 charges nothing. */
export interface Settlement {
  readonly id: string;
  readonly amount: number;
  /** As the ledger calls it, such as `v1.chat`. */
  readonly reason: string;
}

/**
 * Money. The balance is at any time the sum of the ledger and never below what is held, whatever number of callers and
 * processes reserve, settle and crash at once.
 */
export interface WalletStore {
  find(owner: string): Promise<WalletRow | null>;
  list(page: { limit: number; offset: number }): Promise<readonly WalletRow[]>;
  /** What is reserved on all of them, in micro-USD. */
  held(): Promise<number>;
  /** False when it would take what is not there. */
  post(entry: NewEntry): Promise<boolean>;
  /** Newest first. */
  entries(owner: string, page: { limit: number; offset: number }): Promise<readonly LedgerRow[]>;
  /**
   * Holds an amount in one atomic step. Where `least` and `most` differ it takes half of what is free, within them, so
   * that others find something, too. A process that dies gives back what it held.
   */
  reserve(reservation: NewReservation): Promise<Reserved>;
  /** Makes a reservation larger in one atomic step: by `most`, or by what is free when that is at least `least`. */
  grow(growth: Growth): Promise<Reserved>;
  /** Resolves when everything settled so far is on disk. */
  flush(): Promise<void>;
  /** What the charges to the keys of an owner (null: of all) add up to, by the day of UTC, oldest first. */
  spentByDay(owner: string | null): Promise<readonly { readonly day: string; readonly amount: number }[]>;
  /** What the charges of a key add up to, by the day and the month of UTC that hold `at`. */
  spent(keyId: string, at: Date): Promise<{ readonly day: number; readonly month: number }>;
}
