import { AppError } from '../../errors/app-error.ts';
import type { KeyLimits, KeyRow } from '../../store/interface/keys.ts';
import type { WalletStore } from '../../store/interface/wallets.ts';
import { secondsToNextDay, secondsToNextMonth } from './next-period.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a request is expected to take at most, before anything is sent upstream. */
export interface Expected {
  readonly requestId: string;
  readonly tokens: number;
  /** In micro-USD; 0 holds nothing. */
  readonly cost: number;
}

/** A request that was let in. `end` is called once, whichever way the request ended. */
export interface Admission {
  end(actual: { readonly tokens: number; readonly cost: number; readonly reason: string }): void;
}

type SetHeader = (name: string, value: string) => void;

const refused = (message: string, seconds: number) => {
  const retryAfter = Math.max(1, Math.ceil(seconds));
  return new AppError('rate_limit_exceeded', `${message}; try again in ${retryAfter} s.`, { retryAfter });
};

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
  async admit(expected: Expected, setHeader: SetHeader): Promise<Admission> {
    let taken: number | null = null;
    let reservation: string | null = null;
    try {
      taken = this.#take(expected.tokens, setHeader);
      if (expected.cost > 0) reservation = await this.#reserve(expected);
    } catch (error) {
      // The gate has counted the request; what is refused uses nothing.
      this.#requests?.take(-1);
      if (taken !== null) this.#giveBack(taken, 0);
      throw error;
    }
    const tokens = taken;
    let ended = false;
    return {
      end: ({ tokens: used, cost, reason }) => {
        if (ended) return;
        ended = true;
        this.#giveBack(tokens, used);
        if (reservation !== null) this.#wallets.settle({ id: reservation, amount: cost, reason });
      },
    };
  }

  /** A place and tokens; returns how many of these. */
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

  async #reserve({ requestId, cost }: Expected): Promise<string> {
    const { dailyBudget, monthlyBudget } = this.#limits;
    const reserved = await this.#wallets.reserve({
      owner: this.#owner,
      keyId: this.#keyId,
      requestId,
      amount: cost,
      dailyBudget,
      monthlyBudget,
    });
    if ('id' in reserved) return reserved.id;
    if (reserved.refused === 'balance') throw new AppError('insufficient_balance');
    const retryAfter = reserved.refused === 'daily' ? secondsToNextDay() : secondsToNextMonth();
    throw new AppError('budget_exhausted', `The ${reserved.refused} budget of this key is used up.`, { retryAfter });
  }
}
