import { MICRO } from '../features/metering/micro-usd.ts';
import type { Price } from '../features/models/price.ts';
import type { ModelEntry } from './models-file.ts';

type PriceEntry = NonNullable<ModelEntry['price']>;

/** The price of an entry. An amount for a million tokens in USD is one for a token in micro-USD. */
export const toPrice = ({ input, cached_input, cache_write, cache_write_1h, ...rest }: PriceEntry): Price => ({
  input,
  cachedInput: cached_input ?? input,
  cacheWrite: cache_write ?? input,
  cacheWriteHour: cache_write_1h ?? cache_write ?? input,
  output: rest.output,
  perImage: rest.per_image * MICRO,
  perRequest: rest.per_request * MICRO,
});
