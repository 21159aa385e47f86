import { AppError } from '../../errors/app-error.ts';
import type { KeyLimits, KeyRow } from '../../store/interface/keys.ts';
import type { UserBudgetStore } from '../../store/interface/user-budgets.ts';
import type {
  Reserved,
  Settlement,
  Shortage,
  TokenBudget,
  WalletStore,
  Wanted,
} from '../../store/interface/wallets.ts';
import type { EndUser } from './end-user.ts';
import { formatUsd } from './format-usd.ts';
import { secondsToNextDay, secondsToNextMonth } from './next-period.ts';
import { TokenBucket } from './token-bucket.ts';

/** The amounts to reserve for a request before it is sent upstream. */
export interface Wish {
  readonly requestId: string;
  readonly tokens: number;
  /** All that the answer may become, where it is held to what the end user has left; absent: `tokens`. */
  readonly mostTokens?: number | undefined;
  readonly endUser?: EndUser | undefined;
  /** The budget of the client token that pays; undefined when the token has none, or no token was sent. */
  readonly token?: TokenBudget | undefined;
  /** The money to hold, in micro-USD; null when the request costs nothing, and no money is held. */
  readonly cost: Wanted | null;
}

/** An admitted request. */
export interface Admission {
  /** The reserved amount, in micro-USD. */
  readonly reserved: number;
  /** The tokens of the end user that are held; null when the end user has no token budget. */
  readonly reservedTokens: number | null;
  /** Reserves more for an answer that continues. Throws `insufficient_balance` and `budget_exhausted`. */
  grow(more: Growing): Promise<void>;
  /** Called once, however the request ended. Returns the settlement of its reservation; null: it had no reservation. */
  end(actual: { readonly tokens: number; readonly cost: number; readonly reason: string }): Settlement | null;
}

/** The money and the tokens to hold for the rest of an answer. */
export interface Growing {
  readonly tokens: number;
  /** The tokens that have arrived and are not covered. */
  readonly leastTokens: number;
  readonly cost: Wanted | null;
}

type SetHeader = (name: string, value: string) => void;

const refused = (message: string, seconds: number) => {
  const retryAfter = Math.max(1, Math.ceil(seconds));
  return new AppError('rate_limit_exceeded', `${message}; try again in ${retryAfter} s.`, { retryAfter });
};

/** A reservation, and all that it holds. */
type Held = Exclude<Reserved, Shortage>;

/** The request to the wallet when nothing costs anything. */
const NO_MONEY: Wanted = { least: 0, most: 0 };

const secondsToNext = (period: 'daily' | 'monthly') => (period === 'daily' ? secondsToNextDay() : secondsToNextMonth());

function throwUserShortage(shortage: Extract<Shortage, { refused: 'user' }>, needing: string, param: string): never {
  const { userId, period, of, limit, used, held, need } = shortage;
  const show = (count: number) => (of === 'money' ? formatUsd(count) : `${count.toLocaleString('en')} tokens`);
  const state = `Of the ${period} budget of the end user ${JSON.stringify(userId)} of ${show(limit)}, ${show(used)} is used and ${show(held)} is reserved`;
  throw new AppError('budget_exhausted', `${state}; ${needing} needs up to ${show(need)}.`, {
    param,
    retryAfter: secondsToNext(period),
  });
}

interface Need {
  readonly wanted: Wanted;
  /** The subject of an error message, such as `this request`. */
  readonly needing: string;
  /** The field that names the end user. */
  readonly param: string;
}

function heldOf(reserved: Reserved, { wanted: { least }, needing, param }: Need): Held {
  if ('id' in reserved) return reserved;
  if (reserved.refused === 'user') throwUserShortage(reserved, needing, param);
  const need = `${needing} needs up to ${formatUsd(least)}.`;
  if (reserved.refused === 'balance') {
    const { balance, held } = reserved;
    const state = `The wallet has a balance of ${formatUsd(balance)}, of which ${formatUsd(held)} is reserved`;
    throw new AppError('insufficient_balance', `${state}; ${need}`);
  }
  const { refused, budget, spent, held } = reserved;
  if (refused === 'token') {
    const state = `Of the budget of this client token of ${formatUsd(budget)}, ${formatUsd(spent)} is spent and ${formatUsd(held)} is reserved`;
    throw new AppError('budget_exhausted', `${state}; ${need}`);
  }
  const retryAfter = secondsToNext(refused);
  const state = `Of the ${refused} budget of this key of ${formatUsd(budget)}, ${formatUsd(spent)} is spent and ${formatUsd(held)} is reserved`;
  throw new AppError('budget_exhausted', `${state}; ${need}`, { retryAfter });
}

const bucketOf = (perMinute: number | null, before: TokenBucket | null | undefined): TokenBucket | null => {
  if (perMinute === null) return null;
  return before?.capacity === perMinute ? before : new TokenBucket({ capacity: perMinute, perSecond: perMinute / 60 });
};

export interface AccountDeps {
  readonly wallets: WalletStore;
  readonly userBudgets: Pick<UserBudgetStore, 'limits'>;
}

/** The limits and the wallet of one key's requests. It stays the same object when the key changes. */
export class Account {
  readonly #wallets: WalletStore;
  readonly #keyId: string;
  readonly #owner: string;
  readonly #userBudgets: Pick<UserBudgetStore, 'limits'>;
  #limits: KeyLimits;
  #requests: TokenBucket | null = null;
  #tokens: TokenBucket | null = null;
  #active = 0;
  /** The price ratio of the key's group. */
  ratio = 1;

  constructor({ wallets, userBudgets }: AccountDeps, key: KeyRow) {
    this.#wallets = wallets;
    this.#userBudgets = userBudgets;
    this.#keyId = key.id;
    this.#owner = key.owner;
    this.#limits = key;
  }

  update(limits: KeyLimits, ratio: number): void {
    this.#limits = limits;
    this.#requests = bucketOf(limits.requestsPerMinute, this.#requests);
    this.#tokens = bucketOf(limits.tokensPerMinute, this.#tokens);
    this.ratio = ratio;
  }

  /** The bucket of its requests; null without such a limit. */
  get requests(): TokenBucket | null {
    return this.#requests;
  }

  /** Counts a request that the gateway makes by itself, which passes no gate. Throws `rate_limit_exceeded`. */
  countRequest(): void {
    const wait = this.#requests?.secondsUntil(1) ?? 0;
    if (wait > 0) throw refused('Too many requests', wait);
    this.#requests?.take(1);
  }

  /**
   * Takes a place, tokens and money, or nothing of all that. Throws `rate_limit_exceeded`, `insufficient_balance` and
   * `budget_exhausted`.
   */
  async admit(wish: Wish, setHeader: SetHeader): Promise<Admission> {
    let taken: number | null = null;
    let reservation: Held | null = null;
    // Asked once: a budget that is set after this applies to later requests.
    const endUser = this.#limited(wish.endUser);
    try {
      taken = this.#take(wish.tokens, setHeader);
      if (wish.cost || endUser) reservation = await this.#reserve({ ...wish, endUser });
    } catch (error) {
      // The gate has counted the request; what is refused uses nothing.
      this.#requests?.take(-1);
      if (taken !== null) this.#giveBack(taken, 0);
      throw error;
    }
    return this.#admission(taken, reservation, { endUser, token: wish.token });
  }

  /** Undefined where the owner has no budgets for end users: then nothing is asked about them. */
  #limited(endUser: EndUser | undefined): EndUser | undefined {
    return endUser && this.#userBudgets.limits(this.#owner) ? endUser : undefined;
  }

  #admission(taken: number, held: Held | null, budgets: Pick<Wish, 'endUser' | 'token'>): Admission {
    const { endUser, token } = budgets;
    let tokens = taken;
    let reservation = held;
    let ended = false;
    return {
      get reserved() {
        return reservation?.amount ?? 0;
      },
      get reservedTokens() {
        return endUser && reservation ? reservation.tokens : null;
      },
      grow: async (more) => {
        if (reservation && (more.cost || endUser)) reservation = await this.#grow(reservation, more, budgets);
        // An answer under way is not cut off for its tokens: the bucket is in debt, and the next requests wait.
        this.#tokens?.take(more.tokens);
        tokens += more.tokens;
      },
      end: ({ tokens: used, cost, reason }) => {
        if (ended) return null;
        ended = true;
        this.#giveBack(tokens, used);
        if (!reservation) return null;
        return {
          id: reservation.id,
          amount: cost,
          reason,
          ...(endUser ? { userTokens: used } : {}),
          ...(token ? { isOfToken: true } : {}),
        };
      },
    };
  }

  /** Takes a slot for a concurrent request, and tokens. Returns the number of tokens it took. */
  #take(expected: number, setHeader: SetHeader): number {
    const { concurrent } = this.#limits;
    if (concurrent !== null && this.#active >= concurrent) {
      throw refused(`This key can have ${concurrent} running requests at once`, 1);
    }
    const bucket = this.#tokens;
    // A request for more tokens than a minute has is admitted when the bucket is full; otherwise it could never be.
    const tokens = bucket ? Math.min(expected, bucket.capacity) : 0;
    const wait = bucket?.secondsUntil(tokens) ?? 0;
    if (wait === 0) {
      bucket?.take(tokens);
      this.#active++;
    }
    if (bucket) {
      setHeader('x-ratelimit-limit-tokens', String(bucket.capacity));
      setHeader('x-ratelimit-remaining-tokens', String(Math.max(0, Math.floor(bucket.level))));
      setHeader('x-ratelimit-reset-tokens', `${Math.ceil(bucket.secondsUntil(bucket.capacity) * 1000)}ms`);
    }
    if (wait > 0) throw refused('The tokens of this minute are used up', wait);
    return tokens;
  }

  #giveBack(taken: number, used: number): void {
    this.#active--;
    this.#tokens?.take(used - taken);
  }

  async #reserve({ requestId, tokens, mostTokens = tokens, cost, endUser, token }: Wish): Promise<Held> {
    const wanted = cost ?? NO_MONEY;
    const user = endUser && { id: endUser.id, leastTokens: tokens, mostTokens: Math.max(tokens, mostTokens) };
    const reserved = await this.#wallets.reserve({ ...this.#payer, requestId, ...wanted, user, token });
    return heldOf(reserved, { wanted, needing: 'this request', param: endUser?.param ?? 'user' });
  }

  async #grow(
    { id }: Held,
    { tokens, leastTokens, cost }: Growing,
    { endUser, token }: Pick<Wish, 'endUser' | 'token'>,
  ): Promise<Held> {
    const wanted = cost ?? NO_MONEY;
    const user = endUser && { id: endUser.id, leastTokens, mostTokens: tokens };
    const reserved = await this.#wallets.grow({ ...this.#payer, id, ...wanted, user, token });
    return heldOf(reserved, { wanted, needing: 'the rest of the answer', param: endUser?.param ?? 'user' });
  }

  get #payer() {
    const { dailyBudget, monthlyBudget } = this.#limits;
    return { owner: this.#owner, keyId: this.#keyId, dailyBudget, monthlyBudget };
  }
}
