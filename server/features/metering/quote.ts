import type { Backend } from '../models/catalog.ts';
import { type Consumption, costOf, type Price } from '../models/price.ts';
import type { Expectation } from './expect-tokens.ts';

/** The prompt at the dearest that it may cost: whether it is new, cached, or written into a cache is known afterwards. */
function dearestPrompt(price: Price, { prompt }: Expectation): Price {
  const hour = prompt.cachesForHour ? price.cacheWriteHour : 0;
  return { ...price, input: Math.max(price.input, price.cachedInput, price.cacheWrite, hour) };
}

const NOTHING: Consumption = {
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteHourTokens: 0,
  completionTokens: 0,
  images: 0,
};

/** The highest cost of one request, in micro-USD: the price of the most expensive backend that may answer. */
export class Quote {
  readonly #prices: readonly Price[];
  readonly #ratio: number;
  readonly #expected: Expectation;

  /** Null when no backend costs anything. */
  static of(backends: readonly Backend[], ratio: number, expected: Expectation): Quote | null {
    const prices = backends.flatMap(({ price }) => (price ? [dearestPrompt(price, expected)] : []));
    return prices.length > 0 ? new Quote(prices, ratio, expected) : null;
  }

  private constructor(prices: readonly Price[], ratio: number, expected: Expectation) {
    this.#prices = prices;
    this.#ratio = ratio;
    this.#expected = expected;
  }

  /**
   * The price of so many tokens and pictures in all answers. It is at least 1: nothing can be charged without a
   * reservation.
   */
  costOf(completionTokens: number, images = this.#expected.images): number {
    const used = { ...NOTHING, promptTokens: this.#expected.prompt.tokens, completionTokens, images };
    return Math.max(1, ...this.#prices.map((price) => costOf(price, this.#ratio, used)));
  }

  /** How many tokens of answers an amount pays for. */
  tokensFor(amount: number, images = this.#expected.images): number {
    const used = { ...NOTHING, promptTokens: this.#expected.prompt.tokens, images };
    const tokens = this.#prices.map((price) => {
      const each = price.output * this.#ratio;
      return each > 0 ? Math.floor((amount - costOf(price, this.#ratio, used)) / each) : Number.POSITIVE_INFINITY;
    });
    return Math.max(0, Math.min(...tokens));
  }
}
