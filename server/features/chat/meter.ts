import type { Usage } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { UsageStore } from '../../store/store.ts';
import type { Backend, CatalogModel } from '../models/catalog.ts';
import type { Caller } from './caller.ts';

/** Rough, for answers whose upstream gave no counts. */
const BYTES_PER_TOKEN = 4;

/** What one request used. `end` is its one exit: called once, whichever way the request ended. */
export class Meter {
  readonly #usage: UsageStore;
  readonly #operation: string;
  readonly #model: CatalogModel;
  readonly #caller: Caller;
  readonly #promptBytes: number;
  readonly #startedAt = Date.now();
  #firstTokenMs: number | null = null;
  #reported: Usage | null = null;
  #chunks = 0;
  conversationId: string | null = null;
  /** The one that was asked last; null while none was. */
  backend: Backend | null = null;

  constructor(usage: UsageStore, operation: string, model: CatalogModel, caller: Caller, promptBytes: number) {
    this.#usage = usage;
    this.#operation = operation;
    this.#model = model;
    this.#caller = caller;
    this.#promptBytes = promptBytes;
  }

  /** Counts the chunks of an answer as they come. */
  chunk(): void {
    this.answered();
    this.#chunks++;
  }

  /** Notes an answer that has no tokens of its own, such as embeddings. */
  answered(): void {
    this.#firstTokenMs ??= Date.now() - this.#startedAt;
  }

  report(usage: Usage | null | undefined): void {
    if (usage) this.#reported = usage;
  }

  get reported(): Usage | null {
    return this.#reported;
  }

  /** `failure` is what ended the request early, if anything. */
  end(failure?: unknown): void {
    const usage = this.#reported;
    this.#usage.record({
      requestId: this.#caller.requestId,
      at: new Date(this.#startedAt),
      operation: this.#operation,
      alias: this.#model.alias,
      provider: this.backend?.provider.id ?? null,
      model: this.backend?.model ?? null,
      promptTokens:
        usage?.prompt_tokens ?? (this.#firstTokenMs !== null ? Math.ceil(this.#promptBytes / BYTES_PER_TOKEN) : 0),
      completionTokens: usage?.completion_tokens ?? this.#chunks,
      cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
      reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? 0,
      estimated: usage === null,
      outcome: this.#outcome(failure),
      latencyMs: Date.now() - this.#startedAt,
      firstTokenMs: this.#firstTokenMs,
      conversationId: this.conversationId,
    });
  }

  #outcome(failure: unknown): string {
    if (this.#caller.signal.aborted) return 'cancelled';
    if (failure === undefined) return 'ok';
    return failure instanceof AppError ? failure.code : 'internal_error';
  }
}
