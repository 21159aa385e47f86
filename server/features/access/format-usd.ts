/** An amount in micro-USD as people read it: to the cent, and further where it has parts of a cent. */
export const formatUsd = (micro: number): string => `$${(micro / 1_000_000).toFixed(6).replace(/0{1,4}$/, '')}`;
