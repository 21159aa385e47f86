import type { ModelPrice } from '../../../contracts/models/model.ts';
import type { Price } from './price.ts';

/** Rounds off the errors of binary fractions. */
const usd = (micro: number) => Number(micro.toFixed(9));

/** A micro-USD a token is a USD a million tokens; a picture's micro-USD are a millionth of a USD each. */
export const showPrice = (price: Price, ratio: number): ModelPrice => ({
  input_usd: usd(price.input * ratio),
  cached_input_usd: usd(price.cachedInput * ratio),
  cache_write_usd: usd(price.cacheWrite * ratio),
  output_usd: usd(price.output * ratio),
  image_usd: usd((price.perImage * ratio) / 1_000_000),
  request_usd: usd((price.perRequest * ratio) / 1_000_000),
});

/** A price as a row of usage keeps it. Rows of earlier versions have no prices for what is written into a cache. */
type KeptPrice = Omit<Price, 'cacheWrite' | 'cacheWriteHour'> &
  Partial<Pick<Price, 'cacheWrite' | 'cacheWriteHour'>> & { readonly ratio: number };

/** The price that a request was paid by. Null: its model had none. */
export function showKeptPrice(kept: string | null): ModelPrice | null {
  if (kept === null) return null;
  const price: KeptPrice = JSON.parse(kept);
  const { cacheWrite = price.input, cacheWriteHour = cacheWrite } = price;
  return showPrice({ ...price, cacheWrite, cacheWriteHour }, price.ratio);
}
