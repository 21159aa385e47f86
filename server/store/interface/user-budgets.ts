/** What one end user of an owner may use in a day and a month of UTC; null: no limit of its own. */
interface UserLimits {
  /** In micro-USD. */
  readonly dailyBudget: number | null;
  readonly monthlyBudget: number | null;
  readonly dailyTokens: number | null;
  readonly monthlyTokens: number | null;
}

export interface UserBudgetRow extends UserLimits {
  readonly owner: string;
  /** `*`: every end user of the owner without a row of its own. */
  readonly userId: string;
}

/** What was used in a day or a month. */
interface UserUse {
  /** In micro-USD. */
  readonly amount: number;
  readonly tokens: number;
}

/** What was used in a day, and in the month around it. */
export interface PeriodUse {
  readonly day: UserUse;
  readonly month: UserUse;
}

export const NO_USE: PeriodUse = { day: { amount: 0, tokens: 0 }, month: { amount: 0, tokens: 0 } };

/** Limits of end users within the wallet of their owner. Reservations are held to them: see `WalletStore`. */
export interface UserBudgetStore {
  /** Whether any end user of an owner has a budget. A change by another process is known within a second. */
  limits(owner: string): boolean;
  /** Makes a budget, or replaces it. */
  set(row: UserBudgetRow): Promise<void>;
  /** False when there is none. */
  remove(owner: string, userId: string): Promise<boolean>;
  /** The budget that an end user is held to: its own, or else the one for all. Null: there is neither. */
  findFor(owner: string, userId: string): Promise<UserBudgetRow | null>;
  /** In order of the users. */
  list(owner: string, page: { limit: number; offset: number }): Promise<readonly UserBudgetRow[]>;
  /** What an end user has used in the day and the month of UTC that hold `at`. */
  used(owner: string, userId: string, at: Date): Promise<PeriodUse>;
  /** The same for many end users, in one step; those who used nothing may be absent. */
  usedOfEach(owner: string, userIds: readonly string[], at: Date): Promise<ReadonlyMap<string, PeriodUse>>;
}
