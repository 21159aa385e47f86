export const MICRO = 1_000_000;

/** Money is kept in whole micro-USD and shown in USD. */
export const toMicro = (usd: number): number => Math.round(usd * MICRO);
export const toUsd = (micro: number): number => micro / MICRO;
export const toUsdOrNull = (micro: number | null): number | null => (micro === null ? null : toUsd(micro));
