/** In micro-USD: for a token, for a picture, for a request. A micro-USD a token is a USD a million tokens. */
export interface Price {
  readonly input: number;
  /** Of prompt tokens that the upstream had in its cache. */
  readonly cachedInput: number;
  /** Of prompt tokens that the upstream wrote into its cache, for five minutes and for an hour. */
  readonly cacheWrite: number;
  readonly cacheWriteHour: number;
  readonly output: number;
  readonly perImage: number;
  readonly perRequest: number;
}

/** What a request used. */
export interface Consumption {
  readonly promptTokens: number;
  /** Among the prompt's: read from the upstream's cache, written there for five minutes, and for an hour. */
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheWriteHourTokens: number;
  readonly completionTokens: number;
  readonly images: number;
}

/** What binary fractions add in the last digits is nobody's debt. */
const roundUp = (micro: number): number => Math.ceil(Number(micro.toFixed(6)));

/** In whole micro-USD, rounded up. `ratio` is that of the key's group. */
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
