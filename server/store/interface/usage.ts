import type { Settlement } from './wallets.ts';

/** One try of a request at one backend. */
export interface AttemptRow {
  /** The backend, as `<provider>/<model>`. */
  readonly backend: string;
  /** When it was sent, in ms after the request arrived. */
  readonly startMs: number;
  /** How long it took until the answer began, or until it failed, in ms. */
  readonly ms: number;
  /** `ok`: an answer began. Otherwise the code of the error. */
  readonly outcome: string;
}

/** What one request used, however it ended. */
export interface UsageRow {
  readonly requestId: string;
  readonly at: Date;
  /** The operation, such as `v1.chat` or `c1.chat`. */
  readonly operation: string;
  /** The alias in the models file. */
  readonly alias: string;
  /** The name that was asked for, when the model map replaced it with the alias. */
  readonly askedModel: string | null;
  readonly provider: string | null;
  /** The upstream's own name of the model. */
  readonly model: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Prompt tokens that the upstream wrote into its cache. */
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** True when the gateway counted the tokens itself, because the upstream sent no counts or impossible ones. */
  readonly estimated: boolean;
  /** `ok`, `cancelled`, or an error code. */
  readonly outcome: string;
  readonly latencyMs: number;
  /** Time to first token, in ms. */
  readonly firstTokenMs: number | null;
  readonly conversationId: string | null;
  /** Null: the administrator. */
  readonly keyId: string | null;
  readonly owner: string | null;
  readonly group: string | null;
  /**
   * What the key's owner was charged, in micro-USD. When nobody is charged, as for the administrator, what the request
   * would have cost.
   */
  readonly cost: number;
  /** JSON text of the price by which the cost was calculated. Null: the model has none. */
  readonly price: string | null;
  /** The tries, in order; only the first 20 are kept. */
  readonly attempts: readonly AttemptRow[];
}

/** Selects requests. An undefined field selects all values. */
export interface UsageFilter {
  /** The beginning, inclusive. */
  readonly from: Date;
  /** The end, exclusive. */
  readonly to: Date;
  readonly keyId?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly alias?: string | undefined;
  readonly provider?: string | undefined;
  readonly operation?: string | undefined;
  readonly outcome?: string | undefined;
}

/** Further conditions for single requests. */
export interface RequestFilter {
  readonly conversationId?: string | undefined;
  readonly requestId?: string | undefined;
}

export type UsageColumn = Exclude<keyof UsageFilter, 'from' | 'to'>;

/** The sum of a group of requests. Averages are null when there is nothing to average. */
export interface UsageSum {
  /** The beginning of the bucket. Null when all time is one bucket. */
  readonly start: Date | null;
  /** One value for each column that was asked for, in that order. */
  readonly values: readonly (string | null)[];
  readonly requests: number;
  /** Requests whose outcome is neither `ok` nor `cancelled`. */
  readonly failed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
  /** In micro-USD. */
  readonly cost: number;
  readonly latencyMs: number | null;
  readonly firstTokenMs: number | null;
}

/** By the nearest rank, in ms. */
interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

/** How long requests took. */
export interface UsageTimes {
  /** Null where all time is one bucket. */
  readonly start: Date | null;
  /** One value for each column that was asked for, in that order. */
  readonly values: readonly (string | null)[];
  readonly latency: Percentiles;
  /** Null: no request had a first token. */
  readonly firstToken: Percentiles | null;
}

/** How requests are grouped. */
export interface UsageShape {
  /** The periods of UTC; `all`: one bucket for all time. */
  readonly bucket: 'hour' | 'day' | 'month' | 'all';
  readonly by: readonly UsageColumn[];
  /** The most groups. */
  readonly limit: number;
}

export interface UsageTimesShape extends UsageShape {
  readonly filter: UsageFilter;
}

export interface KeyUse {
  /** The time of the last request whose row is kept; null when there is none. */
  readonly lastUsedAt: Date | null;
  /** In micro-USD. */
  readonly spentThisMonth: number;
}

export interface UsageStore {
  /**
   * Queues the row of a request, with the settlement of its reservation if it had one. The two are written in one
   * transaction, so that no charge is without its row; the row's cost is then the amount that was charged. This happens
   * in the background, in batches, and is tried again while the database fails. Never throws.
   *
   * Returns a promise that resolves when a charge is written, and never rejects. Null: nothing is charged.
   */
  record(row: UsageRow, settlement?: Settlement | null): Promise<void> | null;
  /** Resolves when everything that was queued so far is on disk. */
  flush(): Promise<void>;
  /** Sums by UTC buckets, oldest first. A day whose rows were summed up counts at the beginning of that day. */
  sum(filter: UsageFilter, shape: UsageShape): Promise<readonly UsageSum[]>;
  /** Percentiles by buckets of UTC, oldest first, of requests whose rows are kept. It runs beside the event loop. */
  times(shape: UsageTimesShape): Promise<readonly UsageTimes[]>;
  /** By the ids of keys. */
  ofKeys(ids: readonly string[], now: Date): Promise<ReadonlyMap<string, KeyUse>>;
  /** Rows, newest first; those that were summed up are gone. */
  list(filter: UsageFilter & RequestFilter, page: { limit: number; offset: number }): Promise<readonly UsageRow[]>;
  /** Replaces the rows before `day` (the beginning of a day) with sums by day. Returns how many rows there were. */
  compact(day: Date): Promise<number>;
}
