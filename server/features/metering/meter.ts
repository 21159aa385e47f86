import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Account, Admission } from '../access/account.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import { type Consumption, costOf } from '../models/price.ts';
import type { Expectation } from './expect-tokens.ts';
import { toUsd } from './micro-usd.ts';
import { bytesPerToken } from './prompt-size.ts';

/** No upstream means more than this. */
const MAX_COUNT = 1e9;

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MAX_COUNT;

const toCount = (value: unknown): number => (typeof value === 'number' && isCount(value) ? Math.floor(value) : 0);

/** One request whose use is counted and paid for. */
export interface MeterOptions {
  /** As usage rows call it, such as `v1.chat`. */
  readonly operation: string;
  readonly model: CatalogModel;
  readonly caller: Caller;
  /** Of the request, in bytes: what the prompt is estimated from when nobody counts it. */
  readonly promptBytes: number;
  /** Of the stored conversation, if there is one. */
  readonly conversationId?: string | null | undefined;
  /** Whether the client asked to be told the cost, by `usage: {"include": true}`. */
  readonly showsCost?: boolean | undefined;
}

/**
 * What one request used and what that costs. `admit` is its one entrance: called once, before anything goes upstream;
 * `end` is its one exit: called once, whichever way the admitted request ended.
 */
export class Meter {
  readonly #usage: UsageStore;
  readonly #options: MeterOptions;
  readonly #ratio: number;
  /** For people who read the usage; what is measured runs from `#startedAt`. */
  readonly #at = new Date();
  readonly #startedAt = monotonicNow();
  #firstTokenMs: number | null = null;
  #reported: Usage | null = null;
  #promptTokens: number | null = null;
  #chunks = 0;
  #textTokens = 0;
  #images = 0;
  #admission: Admission | null = null;
  /** The one that was asked last; null while none was. */
  #backend: Backend | null = null;

  constructor(usage: UsageStore, options: MeterOptions) {
    this.#usage = usage;
    this.#options = options;
    this.#ratio = options.caller.principal.account?.ratio ?? 1;
  }

  /**
   * Lets the request in, or throws why not: `rate_limit_exceeded`, `insufficient_balance`, `budget_exhausted`. Then
   * nothing was used, and `end` must not be called. Null: the administrator is not asked.
   */
  admit(expect: () => Expectation): Promise<void> | null {
    const { account } = this.#options.caller.principal;
    return account && this.#admitTo(account, expect());
  }

  async #admitTo(account: Account, expected: Expectation): Promise<void> {
    const { model, caller } = this.#options;
    const { price } = model;
    this.#promptTokens = expected.promptTokens;
    this.#admission = await account.admit(
      {
        requestId: caller.requestId,
        tokens: expected.promptTokens + expected.completionTokens,
        // Something is held for whatever has a price: without a reservation nothing could be charged.
        cost: price ? Math.max(1, costOf(price, this.#ratio, { ...expected, cachedTokens: 0 })) : 0,
      },
      caller.setHeader,
    );
  }

  /** Notes which backend is asked; the dispatcher says it before each attempt. */
  recordAttempt(backend: Backend): void {
    this.#backend = backend;
  }

  /** Notes that an answer began to arrive: from here on the request is paid for. */
  recordFirstToken(): void {
    this.#firstTokenMs ??= this.#elapsedMs();
  }

  /** Counts a chunk of an answer; `chars` is the length of its text when that may be more than one token. */
  recordChunk(chars = 0): void {
    this.recordFirstToken();
    this.#chunks += Math.max(1, Math.ceil(chars / bytesPerToken.prose));
  }

  /** Counts an answer that came as one. */
  recordCompletion({ choices, usage }: ChatCompletion): void {
    this.recordChunk();
    this.recordUsage(usage);
    for (const { message } of choices) {
      this.recordImages(message.images?.length ?? 0);
      const chars = (message.content?.length ?? 0) + (message.reasoning_content?.length ?? 0);
      this.#textTokens += Math.ceil(chars / bytesPerToken.prose);
    }
  }

  /** Counts pictures that were made. */
  recordImages(count: number): void {
    this.#images += count;
  }

  /** Takes the upstream's own counts. Values that are not counts are left out: they would be money. */
  recordUsage(usage: Usage | null | undefined): void {
    if (!usage || !isCount(usage.prompt_tokens) || !isCount(usage.completion_tokens)) return;
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
    this.#reported = isCount(total) ? usage : { ...usage, total_tokens: prompt + completion };
  }

  /** The upstream's own counts; null while it gave none. */
  get reported(): Usage | null {
    return this.#reported;
  }

  /** Whether pictures have a price of their own here: counting them in a stream means parsing its chunks. */
  get paysForImages(): boolean {
    return (this.#options.model.price?.perImage ?? 0) > 0;
  }

  get showsCost(): boolean {
    return this.#options.showsCost ?? false;
  }

  /** In USD, of what was used so far. */
  get costUsd(): number {
    return toUsd(this.#cost(this.#consumption()));
  }

  /** `failure` is what ended the request early, if anything. */
  end(failure?: unknown): void {
    const used = this.#consumption();
    const cost = this.#cost(used);
    const { operation, model, caller, conversationId = null } = this.#options;
    const { principal, requestId } = caller;
    const { price } = model;
    this.#admission?.end({ tokens: used.promptTokens + used.completionTokens, cost, reason: operation });
    this.#usage.record({
      requestId,
      at: this.#at,
      operation,
      alias: model.alias,
      provider: this.#backend?.provider.id ?? null,
      model: this.#backend?.model ?? null,
      promptTokens: used.promptTokens,
      completionTokens: used.completionTokens,
      cachedTokens: used.cachedTokens,
      reasoningTokens: toCount(this.#reported?.completion_tokens_details?.reasoning_tokens),
      estimated: this.#reported === null,
      outcome: this.#outcome(failure),
      latencyMs: this.#elapsedMs(),
      firstTokenMs: this.#firstTokenMs,
      conversationId,
      keyId: principal.keyId,
      owner: principal.owner,
      group: principal.group,
      cost,
      price: price && JSON.stringify({ ...price, ratio: this.#ratio }),
    });
  }

  /** The upstream's own counts, else what can be told from what came. */
  #consumption(): Consumption {
    const usage = this.#reported;
    const estimate = this.#promptTokens ?? this.#options.promptBytes / bytesPerToken.prose;
    return {
      promptTokens: usage?.prompt_tokens ?? (this.#firstTokenMs === null ? 0 : Math.ceil(estimate)),
      cachedTokens: toCount(usage?.prompt_tokens_details?.cached_tokens),
      completionTokens: usage?.completion_tokens ?? Math.max(this.#chunks, this.#textTokens),
      images: this.#images,
    };
  }

  /** Where nothing was received, nothing is to pay. */
  #cost(used: Consumption): number {
    const { price } = this.#options.model;
    return price && (this.#firstTokenMs !== null || this.#reported) ? costOf(price, this.#ratio, used) : 0;
  }

  #elapsedMs(): number {
    return Math.round(monotonicNow() - this.#startedAt);
  }

  #outcome(failure: unknown): string {
    if (this.#options.caller.signal.aborted) return 'cancelled';
    if (failure === undefined) return 'ok';
    if (!(failure instanceof AppError)) return 'internal_error';
    return failure.code === 'client_disconnected' ? 'cancelled' : failure.code;
  }
}
