import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { UsageRow, UsageStore } from '../../store/interface/usage.ts';
import type { Account, Admission } from '../access/account.ts';
import type { Caller } from '../access/caller.ts';
import type { Attempt } from '../access/request-record.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import { costOf } from '../models/price.ts';
import { type BelievedUsage, believeUsage, toCount } from './believe-usage.ts';
import { tokensOfAnswer } from './count-tokens.ts';
import type { Expectation } from './expect-tokens.ts';
import { toUsd } from './micro-usd.ts';
import { Quote } from './quote.ts';

/**
 * How much is reserved for an answer before it begins. `grows`: a tranche, and more while it comes. `shortens`: what the
 * wallet can spare, to which the answer is then held. `whole`: all that it may become.
 */
export type Reserving = 'grows' | 'shortens' | 'whole';

/** One request whose use is counted and paid for. */
export interface MeterOptions {
  /** As usage rows call it, such as `v1.chat`. */
  readonly operation: string;
  readonly model: CatalogModel;
  /** Those that may answer. */
  readonly backends: readonly Backend[];
  readonly caller: Caller;
  /** In bytes. */
  readonly requestBytes: number;
  /** What the request may use. Measuring it costs something: asked for only when somebody pays, or nobody counted. */
  expect(): Expectation;
  readonly reserving: Reserving;
  /** Of the stored conversation, if there is one. */
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

/** A request that was let in, and how it ended. */
export interface EndedRequest {
  readonly row: UsageRow;
  readonly attempts: readonly Attempt[];
  readonly keyName: string | null;
  /** What ended it early, if anything. */
  readonly failure: unknown;
}

export interface MeterDeps {
  readonly usage: UsageStore;
  /** How many tokens of an answer are reserved at once; 0: all that it may become. */
  readonly trancheTokens: number;
  /** Told how each request that was let in ended. */
  onEnd?(ended: EndedRequest): void;
  /** Told of an upstream that claims more than a request could have used. */
  onExcessiveClaim(claim: ExcessiveClaim): void;
}

const NOTHING: BelievedUsage = {
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWriteHourTokens: 0,
  reasoningTokens: 0,
  isEstimated: true,
  isExcessive: false,
};

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0;

const codeOf = (failure: unknown) => (failure instanceof AppError ? failure.code : null);

/**
 * What one request used and what that costs. `admit` is its one entrance: called once, before anything goes upstream;
 * `end` is its one exit: called once, whichever way the admitted request ended.
 */
export class Meter {
  readonly #deps: MeterDeps;
  readonly #options: MeterOptions;
  readonly #ratio: number;
  /** Whether pictures have a price of their own here: counting them in a stream means parsing its chunks. */
  readonly paysForImages: boolean;
  readonly #startedAt = monotonicNow();
  /** By the time of day, for the usage row. */
  readonly #at = new Date();
  #firstTokenMs: number | null = null;
  #reported: Usage | null = null;
  #expectation: Expectation | null = null;
  /** Tokens of the answers that came, and pictures. */
  #tokens = 0;
  #images = 0;
  #admission: Admission | null = null;
  #quote: Quote | null = null;
  /** Up to how many tokens and pictures the reservation covers; beyond them it has to grow. */
  #covered = { tokens: Number.POSITIVE_INFINITY, images: Number.POSITIVE_INFINITY };
  /** Whether the answer was cut because its reservation could not grow: what came after that reached no client. */
  #isCut = false;
  /** The one that was asked last; null while none was. */
  #backend: Backend | null = null;

  constructor(deps: MeterDeps, options: MeterOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#ratio = options.caller.principal.account?.ratio ?? 1;
    this.paysForImages = options.backends.some(({ price }) => price !== null && price.perImage > 0);
  }

  /**
   * Lets the request in, or throws why not: `rate_limit_exceeded`, `insufficient_balance`, `budget_exhausted`. Then
   * nothing was used, and `end` must not be called. Null: the administrator is not asked.
   */
  admit(): Promise<void> | null {
    const { account } = this.#options.caller.principal;
    return account && this.#admitTo(account);
  }

  async #admitTo(account: Account): Promise<void> {
    const { backends, caller, reserving } = this.#options;
    const { prompt, answers, answerTokens, images } = this.#expected;
    const first = Math.min(answerTokens, this.#firstTranche) * answers;
    const whole = answerTokens * answers;
    this.#quote = Quote.of(backends, this.#ratio, this.#expected);
    const least = this.#quote?.costOf(first) ?? 0;
    const most = reserving === 'shortens' ? (this.#quote?.costOf(whole) ?? 0) : least;
    this.#admission = await account.admit(
      {
        requestId: caller.requestId,
        tokens: prompt.tokens + first,
        cost: this.#quote && { least, most },
      },
      caller.setHeader,
    );
    if (reserving === 'grows') this.#covered = { tokens: first, images };
  }

  /** In tokens of one answer. */
  get #firstTranche(): number {
    const { trancheTokens } = this.#deps;
    if (trancheTokens === 0 || this.#options.reserving === 'whole') return Number.POSITIVE_INFINITY;
    return Math.max(trancheTokens, this.#options.model.minMaxTokens ?? 0, this.#leastAnswer);
  }

  /** Reasoning of a length that was asked for, and a tranche of words after it. Streams show their reasoning. */
  get #leastAnswer(): number {
    const { leastAnswerTokens } = this.#expected;
    return this.#options.reserving === 'shortens' && leastAnswerTokens > 0
      ? leastAnswerTokens + this.#deps.trancheTokens
      : 0;
  }

  /** The longest answer that the reservation covers, in tokens. Null: as long as the request says. */
  get answerLimit(): number | null {
    if (this.#options.reserving !== 'shortens' || !this.#quote || !this.#admission) return null;
    const { answers, answerTokens } = this.#expected;
    const tokens = Math.floor(this.#quote.tokensFor(this.#admission.reserved) / answers);
    return tokens < answerTokens ? tokens : null;
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
    return this.#quote !== null;
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
    for (const { message } of choices) {
      this.recordImages(message.images?.length ?? 0);
      this.#tokens += tokensOfAnswer(message);
    }
  }

  /** Counts pictures that were made. */
  recordImages(count: number): void {
    this.#images += count;
  }

  /** Takes what the upstream says of the usage, whatever it is; what of it is believed is decided at the end. */
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

  get showsCost(): boolean {
    return this.#options.showsCost ?? false;
  }

  /** In USD, of what was used so far. */
  get costUsd(): number {
    return toUsd(this.#costOf(this.#use()));
  }

  /**
   * Reserves more when what came is no longer covered by the reservation. Null: there is nothing to wait for. Throws
   * `insufficient_balance` and `budget_exhausted`; then the answer must end.
   */
  cover(): Promise<void> | null {
    const { tokens, images } = this.#covered;
    return this.#tokens > tokens || this.#images > images ? this.#grow() : null;
  }

  async #grow(): Promise<void> {
    const { answers, answerTokens, isBounded, images: expectedImages } = this.#expected;
    const images = Math.max(this.#images, expectedImages);
    const step = (this.#deps.trancheTokens || answerTokens) * answers;
    const longest = isBounded ? answerTokens * answers : Number.POSITIVE_INFINITY;
    const target = Math.max(this.#tokens, Math.min(this.#tokens + step, longest));
    const more = Math.max(0, target - this.#covered.tokens);
    // It is known now which backend answers.
    const quote = Quote.of(this.#backend ? [this.#backend] : [], this.#ratio, this.#expected);
    const reserved = this.#admission?.reserved ?? 0;
    const most = (quote?.costOf(target, images) ?? 0) - reserved;
    const least = Math.max(1, (quote?.costOf(this.#tokens, images) ?? 0) - reserved);
    this.#isCut = true;
    await this.#admission?.grow({ tokens: more, cost: most > 0 ? { least, most } : null });
    this.#isCut = false;
    const affordable = quote?.tokensFor(this.#admission?.reserved ?? 0, images) ?? target;
    this.#covered = { tokens: Math.min(target, affordable), images };
  }

  /** `failure` is what ended the request early, if anything. */
  end(failure?: unknown): void {
    const used = this.#use(failure);
    const cost = this.#isCut ? Math.min(this.#costOf(used), this.#admission?.reserved ?? 0) : this.#costOf(used);
    const { operation, model, caller, conversationId = null } = this.#options;
    const { principal, requestId, record } = caller;
    const price = this.#backend?.price ?? null;
    if (used.isExcessive) this.#reportClaim(used);
    const tokens = used.promptTokens + used.completionTokens;
    const settlement = this.#admission?.end({ tokens, cost, reason: operation }) ?? null;
    const row: UsageRow = {
      requestId,
      at: this.#at,
      operation,
      alias: model.mappedTo ?? model.alias,
      askedModel: model.mappedTo === null ? null : model.alias,
      provider: this.#backend?.provider.id ?? null,
      model: this.#backend?.model ?? null,
      promptTokens: used.promptTokens,
      completionTokens: used.completionTokens,
      cachedTokens: used.cachedTokens,
      cacheWriteTokens: used.cacheWriteTokens + used.cacheWriteHourTokens,
      reasoningTokens: used.reasoningTokens,
      estimated: used.isEstimated,
      outcome: this.#outcome(failure),
      latencyMs: this.#elapsedMs(),
      firstTokenMs: this.#firstTokenMs,
      conversationId,
      keyId: principal.keyId,
      owner: principal.owner,
      group: principal.group,
      cost,
      price: price && JSON.stringify({ ...price, ratio: this.#ratio }),
      attempts: record.attempts,
    };
    this.#deps.usage.record(row, settlement);
    this.#deps.onEnd?.({ row, attempts: record.attempts, keyName: principal.keyName, failure });
  }

  /** The upstream's counts as far as they are believed, else the gateway's. Nothing, where nothing is to be paid for. */
  #use(failure?: unknown): BelievedUsage {
    const received = this.#firstTokenMs !== null || this.#reported !== null;
    if (!received && !this.#isBilledUnseen(failure)) return NOTHING;
    return believeUsage(this.#reported, {
      expected: () => this.#expected,
      requestBytes: this.#options.requestBytes,
      tokens: this.#tokens,
      images: this.#images,
    });
  }

  /** Whether a vendor bills the prompt of a request whose client disconnected before anything came. */
  #isBilledUnseen(failure: unknown): boolean {
    return this.#backend?.billsAborted === true && codeOf(failure) === 'client_disconnected';
  }

  #costOf(used: BelievedUsage): number {
    const price = this.#backend?.price;
    return price && used !== NOTHING ? costOf(price, this.#ratio, { ...used, images: this.#images }) : 0;
  }

  #reportClaim({ promptTokens, completionTokens }: BelievedUsage): void {
    const { requestId } = this.#options.caller;
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

  #outcome(failure: unknown): string {
    if (this.#options.caller.signal.aborted) return 'cancelled';
    if (failure === undefined) return 'ok';
    const code = codeOf(failure);
    return code === 'client_disconnected' ? 'cancelled' : (code ?? 'internal_error');
  }
}
