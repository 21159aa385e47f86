import type { Settlement } from './wallets.ts';

/** One time that a request was sent to a backend. */
export interface AttemptRow {
  /** `<provider>/<model>`. */
  readonly backend: string;
  /** When it was sent, in ms after the request came. */
  readonly startMs: number;
  /** Until its answer began, or until it failed. */
  readonly ms: number;
  /** `ok`: an answer began. Else the code of the error. */
  readonly outcome: string;
}

/** What one request used, whichever way it ended. */
export interface UsageRow {
  readonly requestId: string;
  readonly at: Date;
  /** The surface, such as `v1.chat` or `c1.chat`. */
  readonly operation: string;
  /** Of the models file. */
  readonly alias: string;
  /** The name that was asked for, where that is mapped to the alias. */
  readonly askedModel: string | null;
  readonly provider: string | null;
  /** The upstream's own model name. */
  readonly model: string | null;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Prompt tokens that the upstream wrote into its cache. */
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** True when the counts are the gateway's: the upstream gave none, or none that can be true. */
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
  /** In micro-USD: what the key's owner was charged; what it is worth where nobody is, as for the administrator. */
  readonly cost: number;
  /** JSON text of the price that the cost was reckoned with; null: the model has none. */
  readonly price: string | null;
  /** In the order in which they were made; only the first 20 are kept. */
  readonly attempts: readonly AttemptRow[];
}

/** Which requests are meant; undefined: whatever it is. */
export interface UsageFilter {
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly keyId?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly alias?: string | undefined;
  readonly provider?: string | undefined;
  readonly operation?: string | undefined;
  readonly outcome?: string | undefined;
}

/** What single requests can be found by as well. */
export interface RequestFilter {
  readonly conversationId?: string | undefined;
  readonly requestId?: string | undefined;
}

export type UsageColumn = Exclude<keyof UsageFilter, 'from' | 'to'>;

/** Averages are null where there is nothing to average. */
export interface UsageSum {
  /** Null where all time is one bucket. */
  readonly start: Date | null;
  /** One value for each column that was asked for, in that order. */
  readonly values: readonly (string | null)[];
  readonly requests: number;
  /** Neither `ok` nor `cancelled`. */
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

export interface UsageStore {
  /**
   * Queues the row of a request, with the settlement of its reservation when it had one: the two are written in one
   * transaction, so that no charge is without its row. The row's cost is then what was charged. Off the request's path,
   * in batches, and tried again while the database fails. Never throws.
   */
  record(row: UsageRow, settlement?: Settlement | null): void;
  /** Resolves when everything queued so far is on disk. */
  flush(): Promise<void>;
  /** Sums by buckets of UTC, oldest first; a day whose rows were summed up counts at its beginning. */
  sum(
    filter: UsageFilter,
    shape: { bucket: 'hour' | 'day' | 'month' | 'all'; by: readonly UsageColumn[]; limit: number },
  ): Promise<readonly UsageSum[]>;
  /** Rows, newest first; those that were summed up are gone. */
  list(filter: UsageFilter & RequestFilter, page: { limit: number; offset: number }): Promise<readonly UsageRow[]>;
  /** Sums up rows of before `day` (the beginning of one) by the day, and drops them. Returns how many there were. */
  compact(day: Date): Promise<number>;
}
