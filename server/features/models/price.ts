/** Prices in micro-USD: of a token, of a picture, of a request. One micro-USD a token is one USD a million tokens. */
export interface Price {
  readonly input: number;
  /** The price of prompt tokens that the upstream had in its cache. */
  readonly cachedInput: number;
  /** The prices of prompt tokens that the upstream wrote into its cache, for five minutes and for an hour. */
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly output: number;
  readonly perImage: number;
  readonly perRequest: number;
}

/** The tokens and pictures that a request used. */
export interface Consumption {
  readonly promptTokens: number;
  /** Among the prompt's: read from the upstream's cache, written there for five minutes, and for an hour. */
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWriteHourTokens: number;
  readonly completionTokens: number;
  readonly images: number;
}

/** Rounds up, without the errors of binary fractions, which nobody is to pay for. */
const roundUp = (micro: number): number => Math.ceil(Number(micro.toFixed(6)));

/** The cost in whole micro-USD, rounded up. `ratio` is the price ratio of the key's group. */
export function costOf(price: Price, ratio: number, used: Consumption): number {
  // The parts of a prompt are no more than the prompt, whatever an upstream says.
  let left = used.promptTokens;
  const take = (count: number) => {
    const taken = Math.min(count, left);
    left -= taken;
    return taken;
  };
  const cost =
    take(used.cachedTokens) * price.cachedInput +
    take(used.cacheWriteHourTokens) * price.cacheWriteHour +
    take(used.cacheWriteTokens) * price.cacheWrite +
    left * price.input +
    used.completionTokens * price.output +
    used.images * price.perImage +
    price.perRequest;
  return roundUp(cost * ratio);
}
