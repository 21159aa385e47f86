import type { Settlement, TokenBudget } from '../../store/interface/wallets.ts';
import type { Account, Admission } from '../access/account.ts';
import type { Caller } from '../access/caller.ts';
import type { EndUser } from '../access/end-user.ts';
import type { Backend } from '../models/catalog.ts';
import type { Expectation } from './expect-tokens.ts';
import type { MeteredJob } from './metered-job.ts';
import { Quote } from './quote.ts';

/**
 * How much is reserved for an answer before it begins. `grows`: a tranche, and more while it comes. `shortens`: what the
 * wallet can spare, to which the answer is then held. `whole`: all that it may become.
 */
export type Reserving = 'grows' | 'shortens' | 'whole';

/** The request that the reservation is made for. */
interface Asked {
  readonly job: MeteredJob;
  readonly endUser?: EndUser | undefined;
}

interface ReservationDeps {
  readonly reserving: Reserving;
  /** Asked for only when it is needed. */
  expected(): Expectation;
  /** How many tokens of an answer are reserved at once; 0: all that it may become. */
  readonly trancheTokens: number;
}

const NO_LIMIT = { tokens: Number.POSITIVE_INFINITY, images: Number.POSITIVE_INFINITY };

/** What a client token may spend in all; undefined: it has no budget, or the key itself was sent. */
const budgetOf = ({ token }: Caller['principal']): TokenBudget | undefined =>
  token && token.budget !== null ? { id: token.id, budget: token.budget } : undefined;

/** The tokens and the money that are held for one request of a key, and that grow with its answer. */
export class Reservation {
  readonly #account: Account;
  /** The account as it was when the request arrived. */
  readonly #ratio: number;
  readonly #request: Asked;
  readonly #deps: ReservationDeps;
  #admission: Admission | null = null;
  #quote: Quote | null = null;
  /** Up to what the reservation covers; beyond that it has to grow. */
  #covered = NO_LIMIT;
  /** Whether the answer was cut because its reservation could not grow: what came after that reached no client. */
  #isCut = false;

  constructor(account: Account, request: Asked, deps: ReservationDeps) {
    this.#account = account;
    this.#ratio = account.ratio;
    this.#request = request;
    this.#deps = deps;
  }

  /** Whether somebody pays, with money or with tokens of a budget. */
  get pays(): boolean {
    return this.#quote !== null || this.#heldTokens !== null;
  }

  /** Lets the request in. Throws `rate_limit_exceeded`, `insufficient_balance` and `budget_exhausted`. */
  async admit(): Promise<void> {
    const { job, endUser } = this.#request;
    const { backends, caller } = job;
    const { reserving } = this.#deps;
    const { prompt, answers, answerTokens, images } = this.#expected;
    const measuring = prompt.prepare?.();
    if (measuring) await measuring;
    const first = Math.min(answerTokens, this.#firstTranche) * answers;
    const whole = answerTokens * answers;
    this.#quote = Quote.of(backends, this.#ratio, this.#expected);
    const least = this.#quote?.costOf(first) ?? 0;
    const most = reserving === 'shortens' ? (this.#quote?.costOf(whole) ?? 0) : least;
    this.#admission = await this.#account.admit(
      {
        requestId: caller.requestId,
        tokens: prompt.tokens + first,
        mostTokens: reserving === 'shortens' ? prompt.tokens + whole : undefined,
        endUser,
        token: budgetOf(caller.principal),
        cost: this.#quote && { least, most },
      },
      caller.setHeader,
    );
    if (reserving === 'grows') this.#covered = { tokens: first, images };
  }

  /** The longest answer that is covered, in tokens. Null: as long as the request says. */
  get answerLimit(): number | null {
    if (this.#deps.reserving !== 'shortens' || !this.#admission || !this.pays) return null;
    const { answers, answerTokens } = this.#expected;
    const paid = this.#quote?.tokensFor(this.#admission.reserved) ?? Number.POSITIVE_INFINITY;
    const tokens = Math.floor(Math.min(paid, this.#heldTokens ?? Number.POSITIVE_INFINITY) / answers);
    return tokens < answerTokens ? tokens : null;
  }

  /** Holds more when what came is no longer covered. Null: there is nothing to wait for. Throws as `admit`. */
  cover(tokens: number, images: number, backend: Backend | null): Promise<void> | null {
    const covered = this.#covered;
    return tokens > covered.tokens || images > covered.images ? this.#grow(tokens, images, backend) : null;
  }

  /** The part of a cost that is paid. When an answer was cut off, the part that was not covered is not paid. */
  payable(cost: number): number {
    return this.#isCut ? Math.min(cost, this.#admission?.reserved ?? 0) : cost;
  }

  /** The settlement of the reservation; null when there was no reservation. */
  end(actual: { readonly tokens: number; readonly cost: number; readonly reason: string }): Settlement | null {
    const held = this.#admission?.reservedTokens ?? null;
    const tokens = this.#isCut && held !== null ? Math.min(actual.tokens, held) : actual.tokens;
    return this.#admission?.end({ ...actual, tokens }) ?? null;
  }

  async #grow(tokens: number, made: number, backend: Backend | null): Promise<void> {
    const { answers, answerTokens, isBounded, images: expectedImages } = this.#expected;
    const images = Math.max(made, expectedImages);
    const step = (this.#deps.trancheTokens || answerTokens) * answers;
    const longest = isBounded ? answerTokens * answers : Number.POSITIVE_INFINITY;
    const target = Math.max(tokens, Math.min(tokens + step, longest));
    const more = Math.max(0, target - this.#covered.tokens);
    // It is known now which backend answers.
    const quote = Quote.of(backend ? [backend] : [], this.#ratio, this.#expected);
    const reserved = this.#admission?.reserved ?? 0;
    const most = (quote?.costOf(target, images) ?? 0) - reserved;
    const least = Math.max(1, (quote?.costOf(tokens, images) ?? 0) - reserved);
    this.#isCut = true;
    const leastTokens = Math.max(0, tokens - this.#covered.tokens);
    await this.#admission?.grow({ tokens: more, leastTokens, cost: most > 0 ? { least, most } : null });
    this.#isCut = false;
    const affordable = quote?.tokensFor(this.#admission?.reserved ?? 0, images) ?? target;
    this.#covered = { tokens: Math.min(target, affordable, this.#heldTokens ?? target), images };
  }

  /** The tokens of the end user that are held for answers; null when the end user has no token budget. */
  get #heldTokens(): number | null {
    const held = this.#admission?.reservedTokens ?? null;
    return held === null ? null : Math.max(0, held - this.#expected.prompt.tokens);
  }

  /** The length in tokens of one answer. */
  get #firstTranche(): number {
    const { model } = this.#request.job;
    const { reserving, trancheTokens } = this.#deps;
    if (trancheTokens === 0 || reserving === 'whole') return Number.POSITIVE_INFINITY;
    return Math.max(trancheTokens, model.minMaxTokens ?? 0, this.#leastAnswer);
  }

  /** Reasoning of a length that was asked for, and a tranche of words after it. Streams show their reasoning. */
  get #leastAnswer(): number {
    const { leastAnswerTokens } = this.#expected;
    return this.#deps.reserving === 'shortens' && leastAnswerTokens > 0
      ? leastAnswerTokens + this.#deps.trancheTokens
      : 0;
  }

  get #expected(): Expectation {
    return this.#deps.expected();
  }
}
