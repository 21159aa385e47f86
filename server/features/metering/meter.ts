import type { ChatCompletion, Usage } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { UsageStore } from '../../store/interface/usage.ts';
import type { Account, Admission } from '../access/account.ts';
import type { Caller } from '../access/caller.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { Expectation } from './expect-tokens.ts';
import { toUsd } from './micro-usd.ts';
import { type Consumption, costOf } from './price.ts';
import { bytesPerToken } from './prompt-size.ts';

/** No upstream means more than this. */
const MAX_COUNT = 1e9;

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= MAX_COUNT;

const toCount = (value: unknown): number => (typeof value === 'number' && isCount(value) ? Math.floor(value) : 0);

/**
 * What one request used and what that costs. `admit` is its one entrance: called once, before anything goes upstream;
 * `end` is its one exit: called once, whichever way the admitted request ended.
 */
export class Meter {
  readonly #usage: UsageStore;
  readonly #operation: string;
  readonly #model: CatalogModel;
  readonly #caller: Caller;
  readonly #promptBytes: number;
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
  conversationId: string | null = null;
  /** Whether the client asked to be told the cost, by `usage: {"include": true}`. */
  showsCost = false;
  /** The one that was asked last; null while none was. */
  backend: Backend | null = null;

  constructor(usage: UsageStore, operation: string, model: CatalogModel, caller: Caller, promptBytes: number) {
    this.#usage = usage;
    this.#operation = operation;
    this.#model = model;
    this.#caller = caller;
    this.#promptBytes = promptBytes;
    this.#ratio = caller.principal.account?.ratio ?? 1;
  }

  /**
   * Lets the request in, or throws why not: `rate_limit_exceeded`, `insufficient_balance`, `budget_exhausted`. Then
   * nothing was used, and `end` must not be called. Null: the administrator is not asked.
   */
  admit(expect: () => Expectation): Promise<void> | null {
    const { account } = this.#caller.principal;
    return account && this.#admitTo(account, expect());
  }

  async #admitTo(account: Account, expected: Expectation): Promise<void> {
    const { price } = this.#model;
    this.#promptTokens = expected.promptTokens;
    this.#admission = await account.admit(
      {
        requestId: this.#caller.requestId,
        tokens: expected.promptTokens + expected.completionTokens,
        // Something is held for whatever has a price: without a reservation nothing could be charged.
        cost: price ? Math.max(1, costOf(price, this.#ratio, { ...expected, cachedTokens: 0 })) : 0,
      },
      this.#caller.setHeader,
    );
  }

  /** Counts the chunks of an answer as they come; `chars` of those that may hold more than a token. */
  chunk(chars = 0): void {
    this.answered();
    this.#chunks += Math.max(1, Math.ceil(chars / bytesPerToken.prose));
  }

  /** Counts an answer that came as one. */
  whole({ choices, usage }: ChatCompletion): void {
    this.chunk();
    this.report(usage);
    for (const { message } of choices) {
      this.image(message.images?.length ?? 0);
      const chars = (message.content?.length ?? 0) + (message.reasoning_content?.length ?? 0);
      this.#textTokens += Math.ceil(chars / bytesPerToken.prose);
    }
  }

  /** Counts pictures that were made. */
  image(count: number): void {
    this.#images += count;
  }

  /** Whether pictures have a price of their own here: counting them in a stream means parsing its chunks. */
  get paysForImages(): boolean {
    return (this.#model.price?.perImage ?? 0) > 0;
  }

  /** Notes an answer that has no tokens of its own, such as embeddings. */
  answered(): void {
    this.#firstTokenMs ??= this.#elapsedMs();
  }

  /** Counts that are none are left out: they would be money. */
  report(usage: Usage | null | undefined): void {
    if (!usage || !isCount(usage.prompt_tokens) || !isCount(usage.completion_tokens)) return;
    const { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total } = usage;
    this.#reported = isCount(total) ? usage : { ...usage, total_tokens: prompt + completion };
  }

  get reported(): Usage | null {
    return this.#reported;
  }

  /** In USD, of what was used so far. */
  get costUsd(): number {
    return toUsd(this.#cost(this.#consumption()));
  }

  /** `failure` is what ended the request early, if anything. */
  end(failure?: unknown): void {
    const used = this.#consumption();
    const cost = this.#cost(used);
    const { principal, requestId } = this.#caller;
    const { price } = this.#model;
    this.#admission?.end({ tokens: used.promptTokens + used.completionTokens, cost, reason: this.#operation });
    this.#usage.record({
      requestId,
      at: this.#at,
      operation: this.#operation,
      alias: this.#model.alias,
      provider: this.backend?.provider.id ?? null,
      model: this.backend?.model ?? null,
      promptTokens: used.promptTokens,
      completionTokens: used.completionTokens,
      cachedTokens: used.cachedTokens,
      reasoningTokens: toCount(this.#reported?.completion_tokens_details?.reasoning_tokens),
      estimated: this.#reported === null,
      outcome: this.#outcome(failure),
      latencyMs: this.#elapsedMs(),
      firstTokenMs: this.#firstTokenMs,
      conversationId: this.conversationId,
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
    const estimate = this.#firstTokenMs === null ? 0 : (this.#promptTokens ?? this.#promptBytes / bytesPerToken.prose);
    return {
      promptTokens: usage?.prompt_tokens ?? Math.ceil(estimate),
      cachedTokens: toCount(usage?.prompt_tokens_details?.cached_tokens),
      completionTokens: usage?.completion_tokens ?? Math.max(this.#chunks, this.#textTokens),
      images: this.#images,
    };
  }

  /** Where nothing was received, nothing is to pay. */
  #cost(used: Consumption): number {
    const { price } = this.#model;
    return price && (this.#firstTokenMs !== null || this.#reported) ? costOf(price, this.#ratio, used) : 0;
  }

  #elapsedMs(): number {
    return Math.round(monotonicNow() - this.#startedAt);
  }

  #outcome(failure: unknown): string {
    if (this.#caller.signal.aborted) return 'cancelled';
    if (failure === undefined) return 'ok';
    return failure instanceof AppError ? failure.code : 'internal_error';
  }
}
