/** In micro-USD: for a token, for a picture, for a request. A micro-USD a token is a USD a million tokens. */
export interface Price {
  readonly input: number;
  /** Of prompt tokens that the upstream had in its cache. */
  readonly cachedInput: number;
  readonly output: number;
  readonly perImage: number;
  readonly perRequest: number;
}

/** What a request used. */
export interface Consumption {
  readonly promptTokens: number;
  /** Among the prompt's. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly images: number;
}

/** In whole micro-USD, rounded up. `ratio` is that of the key's group. */
export function costOf(price: Price, ratio: number, used: Consumption): number {
  const cached = Math.min(used.cachedTokens, used.promptTokens);
  const cost =
    (used.promptTokens - cached) * price.input +
    cached * price.cachedInput +
    used.completionTokens * price.output +
    used.images * price.perImage +
    price.perRequest;
  // What binary fractions add in the last digits is nobody's debt.
  return Math.ceil(Number((cost * ratio).toFixed(6)));
}
