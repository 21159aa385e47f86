import { formatUsd } from '../../features/access/format-usd.ts';
import { toUsd } from '../../features/metering/micro-usd.ts';
import type { KeyRow } from '../../store/interface/keys.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Alerts } from './alerts.ts';

/** How long what was spent waits to be looked at, in ms: many requests are looked at once. */
const LOOK_MS = 2_000;
/** In percent of a budget, the highest first. */
const STEPS = [100, 80, 50];

export interface MoneyWatchOptions {
  /** A balance below this is low, in micro-USD. */
  readonly lowBalance: number;
  readonly onError: (error: unknown) => void;
}

type MoneyStore = Pick<Store, 'wallets' | 'keys' | 'userBudgets'>;

/** What paid for a request. */
export interface Spending {
  readonly owner: string;
  readonly keyId: string | null;
  readonly userId?: string | undefined;
}

/** One budget, and what is used of it. */
interface Budget {
  /** A name for the alert's subject, such as `key key_1`. */
  readonly subject: string;
  /** A name for people, such as `the key 'laptop'`. */
  readonly name: string;
  readonly period: 'daily' | 'monthly';
  readonly limit: number | null;
  readonly used: number;
  readonly unit: 'usd' | 'tokens';
  /** Whether a request was refused for it. */
  readonly isExhausted: boolean;
  readonly data: Readonly<Record<string, string>>;
}

/** Looks, after something was spent, at the wallets and the budgets that it was spent from. */
export class MoneyWatch {
  readonly #alerts: Alerts;
  readonly #store: MoneyStore;
  readonly #options: MoneyWatchOptions;
  readonly #owners = new Set<string>();
  readonly #keys = new Set<string>();
  readonly #users = new Map<string, { readonly owner: string; readonly userId: string }>();
  /** Keys with a request that their budget did not cover. It counts as reached, though some of it is left. */
  readonly #exhausted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(alerts: Alerts, store: MoneyStore, options: MoneyWatchOptions) {
    this.#alerts = alerts;
    this.#store = store;
    this.#options = options;
  }

  spent({ owner, keyId, userId }: Spending): void {
    this.#owners.add(owner);
    if (keyId !== null) this.#keys.add(keyId);
    if (userId !== undefined && this.#store.userBudgets.limits(owner)) {
      this.#users.set(JSON.stringify([owner, userId]), { owner, userId });
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look().catch(this.#options.onError);
    }, LOOK_MS).unref();
  }

  exhausted(spending: Spending): void {
    if (spending.keyId !== null) this.#exhausted.add(spending.keyId);
    this.spent(spending);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const [owners, keys, users] = [[...this.#owners], [...this.#keys], [...this.#users.values()]];
    const exhausted = new Set(this.#exhausted);
    for (const seen of [this.#owners, this.#keys, this.#users, this.#exhausted]) seen.clear();
    await this.#store.wallets.flush();
    for (const owner of owners) await this.#lookAtWallet(owner);
    for (const { owner, userId } of users) await this.#lookAtUser(owner, userId);
    for (const id of keys) {
      const key = await this.#store.keys.find(id);
      if (key && (key.dailyBudget !== null || key.monthlyBudget !== null))
        await this.#lookAtKey(key, exhausted.has(id));
    }
  }

  async #lookAtWallet(owner: string): Promise<void> {
    const { balance = 0 } = (await this.#store.wallets.find(owner)) ?? {};
    if (balance >= this.#options.lowBalance) return;
    this.#alerts.raise({
      type: 'balance.low',
      subject: owner,
      text: `The wallet of '${owner}' has ${formatUsd(balance)} left.`,
      data: { owner, balance_usd: toUsd(balance) },
    });
  }

  async #lookAtKey({ id, name, owner, dailyBudget, monthlyBudget }: KeyRow, isExhausted: boolean): Promise<void> {
    const { day, month } = await this.#store.wallets.spent(id, new Date());
    const data = { of: 'key', key_id: id, owner };
    const common = { subject: `key ${id}`, name: `The key '${name}'`, unit: 'usd', isExhausted, data } as const;
    this.#judge({ ...common, period: 'daily', limit: dailyBudget, used: day });
    this.#judge({ ...common, period: 'monthly', limit: monthlyBudget, used: month });
  }

  async #lookAtUser(owner: string, userId: string): Promise<void> {
    const { userBudgets } = this.#store;
    const budget = await userBudgets.findFor(owner, userId);
    if (!budget) return;
    const { day, month } = await userBudgets.used(owner, userId, new Date());
    const data = { of: 'user', user_id: userId, owner };
    const subject = `user ${JSON.stringify([owner, userId])}`;
    const common = { subject, name: `The end user '${userId}' of '${owner}'`, isExhausted: false, data };
    this.#judge({ ...common, unit: 'usd', period: 'daily', limit: budget.dailyBudget, used: day.amount });
    this.#judge({ ...common, unit: 'usd', period: 'monthly', limit: budget.monthlyBudget, used: month.amount });
    this.#judge({ ...common, unit: 'tokens', period: 'daily', limit: budget.dailyTokens, used: day.tokens });
    this.#judge({ ...common, unit: 'tokens', period: 'monthly', limit: budget.monthlyTokens, used: month.tokens });
  }

  #judge({ subject, name, period, limit, used, unit, isExhausted, data }: Budget): void {
    if (limit === null) return;
    const share = limit === 0 ? 100 : (100 * used) / limit;
    // A request was refused because the rest of the budget is too small for it.
    const percent = isExhausted && share >= 80 ? 100 : STEPS.find((step) => share >= step);
    if (percent === undefined) return;
    const isMoney = unit === 'usd';
    const show = (count: number) => (isMoney ? formatUsd(count) : `${count.toLocaleString('en')} tokens`);
    const amounts = isMoney
      ? { spent_usd: toUsd(used), budget_usd: toUsd(limit) }
      : { spent_tokens: used, budget_tokens: limit };
    const since = new Date().toISOString().slice(0, period === 'daily' ? 10 : 7);
    this.#alerts.raise({
      type: 'budget.reached',
      subject: `${subject} ${period} ${unit} ${since} ${percent}`,
      text: `${name} has used ${percent} % of its ${period} budget: ${show(used)} of ${show(limit)}.`,
      data: { ...data, period, percent, ...amounts },
    });
  }
}
