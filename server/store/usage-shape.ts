import type { UsageColumn, UsageShape } from './interface/usage.ts';

/** For each bucket: how many characters of a time, as text, name it, and how that text becomes a time again. */
const buckets = {
  hour: { length: 13, rest: ':00:00Z' },
  day: { length: 10, rest: 'T00:00:00Z' },
  month: { length: 7, rest: '-01T00:00:00Z' },
  all: { length: 0, rest: '' },
} as const;

type Bucket = UsageShape['bucket'];

/** How many characters at the beginning of a time, as text, are the name of its bucket. */
export const nameLength = (bucket: Bucket): number => buckets[bucket].length;

/** The beginning of the bucket with that name; null when all time is one bucket. */
export const startOf = (bucket: Bucket, name: string): Date | null =>
  name === '' ? null : new Date(name + buckets[bucket].rest);

const known: Readonly<Record<UsageColumn, true>> = {
  keyId: true,
  owner: true,
  group: true,
  alias: true,
  provider: true,
  operation: true,
  outcome: true,
};

const isColumn = (name: string): name is UsageColumn => Object.hasOwn(known, name);

/** All columns by which usage is filtered and grouped. */
export const usageColumns: readonly UsageColumn[] = Object.keys(known).filter(isColumn);
