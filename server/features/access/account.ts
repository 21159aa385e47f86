import { AppError } from '../../errors/app-error.ts';
import type { KeyLimits, KeyRow } from '../../store/interface/keys.ts';
import type { Reserved, Settlement, Shortage, WalletStore, Wanted } from '../../store/interface/wallets.ts';
import { formatUsd } from './format-usd.ts';
import { secondsToNextDay, secondsToNextMonth } from './next-period.ts';
import { TokenBucket } from './token-bucket.ts';

/** The amounts to reserve for a request before it is sent upstream. */
export interface Wish {
  readonly requestId: string;
  readonly tokens: number;
  /** In micro-USD; null: it costs nothing, and nothing is held. */
  readonly cost: Wanted | null;
}

/** A request that was let in. */
export interface Admission {
  /** The reserved amount, in micro-USD. */
  readonly reserved: number;
  /** Holds more for an answer that goes on. Throws `insufficient_balance` and `budget_exhausted`. */
  grow(more: Omit<Wish, 'requestId'>): Promise<void>;
  /** Called once, whichever way the request ended. What it returns settles its reservation; null: it had none. */
  end(actual: { readonly tokens: number; readonly cost: number; readonly reason: string }): Settlement | null;
}

type SetHeader = (name: string, value: string) => void;

const refused = (message: string, seconds: number) => {
  const retryAfter = Math.max(1, Math.ceil(seconds));
  return new AppError('rate_limit_exceeded', `${message}; try again in ${retryAfter} s.`, { retryAfter });
};

/** A reservation, and all that it holds. */
type Held = Exclude<Reserved, Shortage>;

function heldOf(reserved: Reserved, { least }: Wanted, needing: string): Held {
  if ('id' in reserved) return reserved;
  const need = `${needing} needs up to ${formatUsd(least)}.`;
  if (reserved.refused === 'balance') {
    const { balance, held } = reserved;
    const state = `The wallet has a balance of ${formatUsd(balance)}, of which ${formatUsd(held)} is reserved`;
    throw new AppError('insufficient_balance', `${state}; ${need}`);
  }
  const { refused, budget, spent, held } = reserved;
  const retryAfter = refused === 'daily' ? secondsToNextDay() : secondsToNextMonth();
  const state = `Of the ${refused} budget of this key of ${formatUsd(budget)}, ${formatUsd(spent)} is spent and ${formatUsd(held)} is reserved`;
  throw new AppError('budget_exhausted', `${state}; ${need}`, { retryAfter });
}

const bucketOf = (perMinute: number | null, before: TokenBucket | null | undefined): TokenBucket | null => {
  if (perMinute === null) return null;
  return before?.capacity === perMinute ? before : new TokenBucket({ capacity: perMinute, perSecond: perMinute / 60 });
};

/** What the requests of one key are held to and paid from. It outlives changes of the key. */
export class Account {
  readonly #wallets: WalletStore;
  readonly #keyId: string;
  readonly #owner: string;
  #limits: KeyLimits;
  #requests: TokenBucket | null = null;
  #tokens: TokenBucket | null = null;
  #active = 0;
  /** What prices are multiplied by. */
  ratio = 1;

  constructor(wallets: WalletStore, key: KeyRow) {
    this.#wallets = wallets;
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

  /**
   * Takes a place, tokens and money, or nothing of all that. Throws `rate_limit_exceeded`, `insufficient_balance` and
   * `budget_exhausted`.
   */
  async admit(wish: Wish, setHeader: SetHeader): Promise<Admission> {
    let taken: number | null = null;
    let reservation: Held | null = null;
    try {
      taken = this.#take(wish.tokens, setHeader);
      if (wish.cost) reservation = await this.#reserve(wish.requestId, wish.cost);
    } catch (error) {
      // The gate has counted the request; what is refused uses nothing.
      this.#requests?.take(-1);
      if (taken !== null) this.#giveBack(taken, 0);
      throw error;
    }
    return this.#admission(taken, reservation);
  }

  #admission(taken: number, held: Held | null): Admission {
    let tokens = taken;
    let reservation = held;
    let ended = false;
    return {
      get reserved() {
        return reservation?.amount ?? 0;
      },
      grow: async (more) => {
        if (more.cost && reservation) reservation = await this.#grow(reservation, more.cost);
        // An answer under way is not cut off for its tokens: the bucket is in debt, and the next requests wait.
        this.#tokens?.take(more.tokens);
        tokens += more.tokens;
      },
      end: ({ tokens: used, cost, reason }) => {
        if (ended) return null;
        ended = true;
        this.#giveBack(tokens, used);
        return reservation && { id: reservation.id, amount: cost, reason };
      },
    };
  }

  /** Takes a slot for a concurrent request, and tokens. Returns the number of tokens it took. */
  #take(expected: number, setHeader: SetHeader): number {
    const { concurrent } = this.#limits;
    if (concurrent !== null && this.#active >= concurrent) {
      throw refused(`This key may have ${concurrent} requests under way at once`, 1);
    }
    const bucket = this.#tokens;
    // Who asks for more than a minute has is let in when the bucket is full; else it never could be.
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

  async #reserve(requestId: string, wanted: Wanted): Promise<Held> {
    return heldOf(await this.#wallets.reserve({ ...this.#payer, requestId, ...wanted }), wanted, 'this request');
  }

  async #grow({ id }: Held, wanted: Wanted): Promise<Held> {
    return heldOf(await this.#wallets.grow({ ...this.#payer, id, ...wanted }), wanted, 'the rest of the answer');
  }

  get #payer() {
    const { dailyBudget, monthlyBudget } = this.#limits;
    return { owner: this.#owner, keyId: this.#keyId, dailyBudget, monthlyBudget };
  }
}
