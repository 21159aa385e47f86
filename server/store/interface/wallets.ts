/** Amounts are in micro-USD, everywhere. */
export interface WalletRow {
  readonly owner: string;
  /** The sum of the ledger. */
  readonly balance: number;
  /** What requests in progress are allowed to cost at most; it is reserved. The rest of the balance is available. */
  readonly held: number;
  readonly createdAt: Date;
}

export interface NewEntry {
  readonly owner: string;
  readonly kind: 'top_up' | 'correction';
  /** Any amount but 0. A negative amount is a deduction. */
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

/** How much to reserve: `most` when the money allows it, and never less than `least`. */
export interface Wanted {
  /** More than 0. */
  readonly least: number;
  readonly most: number;
}

/** What the requests of a key can spend in a UTC day and month. Null: as much as the wallet has. */
export interface Budgets {
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
}

/** An end user whose budget is to be looked at, too: see `UserBudgetStore`. */
export interface UserWish {
  readonly id: string;
  /** To be held of its tokens: all of `mostTokens` when the budget allows, and not less than `leastTokens`. */
  readonly leastTokens: number;
  readonly mostTokens: number;
}

/** The budget of a client token. */
export interface TokenBudget {
  readonly id: string;
  /** In micro-USD, for as long as the token is valid. */
  readonly budget: number;
}

export interface NewReservation extends Wanted, Budgets {
  readonly owner: string;
  /** Null: no budget applies. */
  readonly keyId: string | null;
  readonly requestId: string;
  /** With a user, `most` may be 0: then no money is asked for. */
  readonly user?: UserWish | undefined;
  readonly token?: TokenBudget | undefined;
}

/** A reservation that is to become larger. */
export interface Growth extends Wanted, Budgets {
  readonly id: string;
  readonly owner: string;
  readonly keyId: string | null;
  readonly user?: UserWish | undefined;
  readonly token?: TokenBudget | undefined;
}

/**
 * Why nothing was reserved: too little money in the wallet, or a budget of the key, with the amounts that are spent and
 * reserved.
 */
export type Shortage =
  | { readonly refused: 'balance'; readonly balance: number; readonly held: number }
  | {
      readonly refused: 'daily' | 'monthly' | 'token';
      readonly budget: number;
      readonly spent: number;
      readonly held: number;
    }
  | {
      readonly refused: 'user';
      readonly userId: string;
      readonly period: 'daily' | 'monthly';
      /** Money is in micro-USD. */
      readonly of: 'money' | 'tokens';
      readonly limit: number;
      readonly used: number;
      readonly held: number;
      readonly need: number;
    };

/** `amount` and `tokens` are all that the reservation holds now. */
export type Reserved = { readonly id: string; readonly amount: number; readonly tokens: number } | Shortage;

/** How a reservation ends. `amount` is charged, as far as the balance allows; 0 charges nothing. */
export interface Settlement {
  readonly id: string;
  readonly amount: number;
  /** The reason in the ledger, such as `v1.chat`. */
  readonly reason: string;
  /** What an end user has used, where the reservation is held to the budget of one. */
  readonly userTokens?: number | undefined;
  /** Whether the reservation is held to the budget of a client token. */
  readonly isOfToken?: boolean | undefined;
}

/**
 * Money. The balance always equals the sum of the ledger and is never below the reserved amount, however many callers
 * and processes reserve, settle and crash at once.
 */
export interface WalletStore {
  find(owner: string): Promise<WalletRow | null>;
  list(page: { limit: number; offset: number }): Promise<readonly WalletRow[]>;
  /** The reserved amount of all wallets together, in micro-USD. */
  held(): Promise<number>;
  /** Adds a credit or a deduction. False when a deduction is larger than what is available. */
  addEntry(entry: NewEntry): Promise<boolean>;
  /** The entries of a ledger, newest first. */
  entries(owner: string, page: { limit: number; offset: number }): Promise<readonly LedgerRow[]>;
  /**
   * Reserves an amount in one atomic step. Where `least` and `most` differ, it takes half of the available amount,
   * within these limits, so that other requests find something too. The reservation of a process that dies is released.
   */
  reserve(reservation: NewReservation): Promise<Reserved>;
  /**
   * Makes a reservation larger in one atomic step: by `most`, or by what is available when that is at least `least`.
   */
  grow(growth: Growth): Promise<Reserved>;
  /** Resolves when everything that was settled so far is on disk. */
  flush(): Promise<void>;
  /** The charges to the keys of an owner (null: of all owners), summed up by UTC day, oldest first. */
  spentByDay(owner: string | null): Promise<readonly { readonly day: string; readonly amount: number }[]>;
  /** The charges of a key, summed up for the UTC day and the month that contain `at`. */
  spent(keyId: string, at: Date): Promise<{ readonly day: number; readonly month: number }>;
}
