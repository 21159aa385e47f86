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

type MoneyStore = Pick<Store, 'wallets' | 'keys'>;

/** Looks, after something was spent, at the wallets and the budgets that it was spent from. */
export class MoneyWatch {
  readonly #alerts: Alerts;
  readonly #store: MoneyStore;
  readonly #options: MoneyWatchOptions;
  readonly #owners = new Set<string>();
  readonly #keys = new Set<string>();
  /** Keys whose budget did not do: it counts as reached, though it is not spent to the last cent. */
  readonly #exhausted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(alerts: Alerts, store: MoneyStore, options: MoneyWatchOptions) {
    this.#alerts = alerts;
    this.#store = store;
    this.#options = options;
  }

  spent(owner: string, keyId: string | null): void {
    this.#owners.add(owner);
    if (keyId !== null) this.#keys.add(keyId);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#look().catch(this.#options.onError);
    }, LOOK_MS).unref();
  }

  exhausted(owner: string, keyId: string | null): void {
    if (keyId !== null) this.#exhausted.add(keyId);
    this.spent(owner, keyId);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const owners = [...this.#owners];
    const keys = [...this.#keys];
    const exhausted = new Set(this.#exhausted);
    for (const set of [this.#owners, this.#keys, this.#exhausted]) set.clear();
    await this.#store.wallets.flush();
    for (const owner of owners) await this.#lookAtWallet(owner);
    for (const id of keys) {
      const key = await this.#store.keys.find(id);
      if (key && (key.dailyBudget !== null || key.monthlyBudget !== null)) {
        await this.#lookAtBudgets(key, exhausted.has(id));
      }
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

  async #lookAtBudgets(key: KeyRow, isExhausted: boolean): Promise<void> {
    const now = new Date();
    const { day, month } = await this.#store.wallets.spent(key.id, now);
    const date = now.toISOString();
    this.#judge(key, { period: 'daily', since: date.slice(0, 10), budget: key.dailyBudget, spent: day }, isExhausted);
    this.#judge(
      key,
      { period: 'monthly', since: date.slice(0, 7), budget: key.monthlyBudget, spent: month },
      isExhausted,
    );
  }

  #judge({ id, name, owner }: KeyRow, { period, since, budget, spent }: Budget, isExhausted: boolean): void {
    if (budget === null) return;
    const share = budget === 0 ? 100 : (100 * spent) / budget;
    // The last reservation does not fit where a little is left.
    const reached = isExhausted && share >= 80 ? 100 : STEPS.find((step) => share >= step);
    if (reached === undefined) return;
    this.#alerts.raise({
      type: 'budget.reached',
      subject: `key ${id} ${period} ${since} ${reached}`,
      text: `The key '${name}' has used ${reached} % of its ${period} budget: ${formatUsd(spent)} of ${formatUsd(budget)}.`,
      data: {
        of: 'key',
        key_id: id,
        owner,
        period,
        percent: reached,
        spent_usd: toUsd(spent),
        budget_usd: toUsd(budget),
      },
    });
  }
}

interface Budget {
  readonly period: 'daily' | 'monthly';
  /** The day or the month of UTC. */
  readonly since: string;
  readonly budget: number | null;
  readonly spent: number;
}
