import type { ChatCompletion, ChatCompletionRequest, Usage } from '../../../contracts/chat/completion.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { UsageRow, UsageStore } from '../../store/interface/usage.ts';
import type { Attempt } from '../access/attempt.ts';
import type { EndUser } from '../access/end-user.ts';
import type { Backend } from '../models/catalog.ts';
import { costOf } from '../models/price.ts';
import { type BelievedUsage, believeUsage, toCount } from './believe-usage.ts';
import { tokensOfAnswer } from './count-tokens.ts';
import type { Expectation } from './expect-tokens.ts';
import type { MeteredJob } from './metered-job.ts';
import { toUsd } from './micro-usd.ts';
import { Reservation, type Reserving } from './reservation.ts';
import { showUsage } from './show-usage.ts';
import { codeOf, toUsageRow } from './usage-row.ts';

/** One request whose use is counted and paid for. */
export interface MeterOptions {
  /** The name of the operation in usage rows, such as `v1.chat`. */
  readonly operation: string;
  readonly job: MeteredJob;
  /** The size of the request body, in bytes. */
  readonly requestBytes: number;
  /**
   * Measures what the request may use. This costs time, so it is called only when somebody pays or the upstream gave no
   * counts.
   */
  expect(): Expectation;
  /** Whom the request says it is for; undefined: it does not say it. */
  readonly endUser?: EndUser | undefined;
  /** The body of a chat, in the canonical form, with the history of its conversation. */
  input?(): ChatCompletionRequest;
  /** The id of the stored conversation, if there is one. */
  readonly conversationId?: string | null | undefined;
  /** Whether the client asked to be told the cost, by `usage: {"include": true}`. */
  readonly showsCost?: boolean | undefined;
}

/** An upstream whose counts cannot be true. */
interface ExcessiveClaim {
  readonly requestId: string;
  readonly backend: string | undefined;
  readonly claimed: { readonly promptTokens: number; readonly completionTokens: number };
  readonly believed: { readonly promptTokens: number; readonly completionTokens: number };
}

/** An admitted request, and how it ended. */
export interface EndedRequest {
  readonly row: UsageRow;
  readonly attempts: readonly Attempt[];
  readonly keyName: string | null;
  /** The error that ended the request early, if any. */
  readonly failure: unknown;
  /** Whom it was for, as its client says. */
  readonly endUser: EndUser | undefined;
  /** All that was said in it, in whatever form: lines of the log must not repeat it. */
  said(): unknown;
}

export interface MeterDeps {
  readonly usage: UsageStore;
  /** How many tokens of an answer are reserved at once; 0: all that it may become. */
  readonly trancheTokens: number;
  /** Called when a request that was admitted has ended. */
  onEnd?(ended: EndedRequest): void;
  /** Called when an upstream claims more tokens than a request could have used. */
  onExcessiveClaim(claim: ExcessiveClaim): void;
}

const NOTHING: BelievedUsage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteHourTokens: 0,
  reasoningTokens: 0,
  images: 0,
  isEstimated: true,
  isExcessive: false,
};

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0;

/**
 * What one request used and what that costs. `admit` is its one entrance: called once, before anything goes upstream;
 * `end` is its one exit: called once, however the admitted request ended.
 */
export class Meter {
  readonly #deps: MeterDeps;
  readonly #options: MeterOptions;
  readonly #ratio: number;
  /** Whether pictures have a price of their own here: counting them in a stream means parsing its chunks. */
  readonly paysForImages: boolean;
  readonly #startedAt = monotonicNow();
  /** The time of day at which the request began, for the usage row. */
  readonly #at = new Date();
  #firstTokenMs: number | null = null;
  #reported: Usage | null = null;
  #expectation: Expectation | null = null;
  /** Tokens of the answers that came, and pictures. */
  #tokens = 0;
  /** Answers whose tokens are not counted yet: that takes as long as their texts, and most upstreams count themselves. */
  #uncounted: ChatCompletion['choices'] = [];
  #images = 0;
  /** The reservation; null for the administrator, who does not pay. */
  readonly #reservation: Reservation | null;
  /** The one that was asked last; null while none was. */
  #backend: Backend | null = null;

  constructor(deps: MeterDeps, options: MeterOptions, reserving: Reserving) {
    this.#deps = deps;
    this.#options = options;
    const { caller, backends } = options.job;
    const { account } = caller.principal;
    this.#ratio = account?.ratio ?? 1;
    this.#reservation =
      account &&
      new Reservation(account, options, {
        reserving,
        expected: () => this.#expected,
        trancheTokens: deps.trancheTokens,
      });
    this.paysForImages = backends.some(({ price }) => price !== null && price.perImage > 0);
  }

  /**
   * Lets the request in, or throws why not: `rate_limit_exceeded`, `insufficient_balance`, `budget_exhausted`. Then
   * nothing was used, and `end` must not be called. Null: the administrator is not asked.
   */
  admit(): Promise<void> | null {
    return this.#reservation?.admit() ?? null;
  }

  /** The longest answer that the reservation covers, in tokens. Null: as long as the request says. */
  get answerLimit(): number | null {
    return this.#reservation?.answerLimit ?? null;
  }

  /** Notes which backend is asked; the dispatcher says it before each attempt. */
  recordAttempt(backend: Backend): void {
    this.#backend = backend;
  }

  /** Notes that an answer began to arrive, at a time of `monotonicNow()`: from here on the request is paid for. */
  recordFirstToken(at = monotonicNow()): void {
    this.#firstTokenMs ??= Math.round(at - this.#startedAt);
  }

  /** Whether somebody pays: then every piece of an answer is worth a closer look. */
  get pays(): boolean {
    return this.#reservation?.pays ?? false;
  }

  /** Counts a piece of an answer, in tokens. */
  recordChunk(tokens: number): void {
    this.recordFirstToken();
    this.#tokens += tokens;
  }

  /** Counts an answer that came as one. */
  recordCompletion({ choices, usage }: ChatCompletion): void {
    this.recordFirstToken();
    this.recordUsage(usage);
    for (const { message } of choices) this.recordImages(message.images?.length ?? 0);
    this.#uncounted = this.#uncounted.length > 0 ? [...this.#uncounted, ...choices] : choices;
  }

  /** Counts pictures that were made. */
  recordImages(count: number): void {
    this.#images += count;
  }

  /** Records the usage that the upstream reports. `end` decides how much of it to believe. */
  recordUsage(usage: Usage | null | undefined): void {
    if (typeof usage === 'object' && usage !== null) this.#reported = usage;
  }

  /** The upstream's own counts; null while it gave none. */
  get reported(): Usage | null {
    const usage = this.#reported;
    if (!usage || !isCount(usage.prompt_tokens) || !isCount(usage.completion_tokens)) return null;
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
    return isCount(total) ? usage : { ...usage, total_tokens: prompt + completion };
  }

  /**
   * The usage that clients get, with the counts that the request is paid by. When the upstream is believed, it is the same
   * object that was recorded. Null while nothing was used.
   */
  get shown(): Usage | null {
    const used = this.#use();
    return used === NOTHING ? null : showUsage(this.reported, used);
  }

  get showsCost(): boolean {
    return this.#options.showsCost ?? false;
  }

  /** The cost so far, in USD. */
  get costUsd(): number {
    return toUsd(this.#costOf(this.#use()));
  }

  /**
   * Reserves more when what came is no longer covered by the reservation. Null: there is nothing to wait for. Throws
   * `insufficient_balance` and `budget_exhausted`; then the answer must end.
   */
  cover(): Promise<void> | null {
    const images = this.#images > 0 ? Math.min(this.#images, this.#expected.mostImages) : 0;
    return this.#reservation?.cover(this.#tokens, images, this.#backend) ?? null;
  }

  /**
   * `failure` is what ended the request early, if anything. Resolves when the charge is written; null: there is nothing to
   * wait for.
   */
  end(failure?: unknown): Promise<void> | null {
    const used = this.#use(failure);
    const price = this.#costOf(used);
    const cost = this.#reservation?.payable(price) ?? price;
    if (used.isExcessive) this.#reportClaim(used);
    const tokens = used.promptTokens + used.completionTokens;
    const settlement = this.#reservation?.end({ tokens, cost, reason: this.#options.operation }) ?? null;
    const times = { at: this.#at, latencyMs: this.#elapsedMs(), firstTokenMs: this.#firstTokenMs };
    const [request, backend, ratio] = [this.#options, this.#backend, this.#ratio];
    const row = toUsageRow({ request, backend, used, cost, ratio, failure, times });
    const charged = this.#deps.usage.record(row, settlement);
    const { record, principal } = request.job.caller;
    record.hold?.release();
    record.watch?.ended(row);
    const said = () => [record.said, request.input?.()];
    const { attempts } = record;
    this.#deps.onEnd?.({ row, attempts, keyName: principal.keyName, failure, endUser: request.endUser, said });
    return charged;
  }

  /**
   * The upstream's counts as far as they are believed, else the gateway's own. Nothing, when nothing has to be paid.
   */
  #use(failure?: unknown): BelievedUsage {
    const received = this.#firstTokenMs !== null || this.#reported !== null;
    if (!received && !this.#isBilledUnseen(failure)) return NOTHING;
    return believeUsage(this.#reported, {
      expected: () => this.#expected,
      unmeasuredBytes: this.#reservation ? 0 : this.#options.requestBytes,
      tokens: () => this.#countTokens(),
      images: this.#images,
    });
  }

  #countTokens(): number {
    for (const { message } of this.#uncounted) this.#tokens += tokensOfAnswer(message);
    this.#uncounted = [];
    return this.#tokens;
  }

  /** Whether a vendor bills the prompt of a request whose client disconnected before anything came. */
  #isBilledUnseen(failure: unknown): boolean {
    return this.#backend?.billsAborted === true && codeOf(failure) === 'client_disconnected';
  }

  #costOf(used: BelievedUsage): number {
    const price = this.#backend?.price;
    return price && used !== NOTHING ? costOf(price, this.#ratio, used) : 0;
  }

  #reportClaim({ promptTokens, completionTokens }: BelievedUsage): void {
    const { requestId } = this.#options.job.caller;
    const { prompt_tokens: prompt, completion_tokens: completion } = this.#reported ?? {};
    this.#deps.onExcessiveClaim({
      requestId,
      backend: this.#backend?.name,
      claimed: { promptTokens: toCount(prompt), completionTokens: toCount(completion) },
      believed: { promptTokens, completionTokens },
    });
  }

  get #expected(): Expectation {
    this.#expectation ??= this.#options.expect();
    return this.#expectation;
  }

  #elapsedMs(): number {
    return Math.round(monotonicNow() - this.#startedAt);
  }
}
