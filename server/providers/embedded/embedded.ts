import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { ChunkShaper } from '../../canonical/chunk-shaper.ts';
import { finishCollected } from '../../canonical/collect-chunks.ts';
import { isToken } from '../../canonical/is-token.ts';
import { Json } from '../../canonical/json.ts';
import { OfferedTools } from '../../canonical/offered-tools.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { ownPolicy } from '../field-policy.ts';
import type { Provider, ProviderCall, ProviderHealth } from '../provider.ts';
import { Engine, type Running } from './engine.ts';
import type { GenerationRequest } from './engine-protocol.ts';
import type { EngineVariant } from './llama-binding.ts';
import { SlotQueue } from './slot-queue.ts';
import { GenerationReader } from './to-chunks.ts';
import { toGeneration } from './to-generation.ts';
import { waitFor } from './wait-for.ts';

export interface EmbeddedOptions {
  /** The name in the models file, such as `embedded`. */
  readonly id: string;
  /** The path of a GGUF file. */
  readonly modelPath: string;
  /**
   * CPU threads of all slots together. The default is one less than there are cores; more threads than free cores are
   * far slower.
   */
  readonly threads?: number;
  /**
   * How many requests are answered at once, at most 4; the others wait in line. Default: 4 for tiny weights, else 1.
   */
  readonly slots?: number;
  /** Tokens of prompt and answer of one request. Default: the model's own window, at most 8,192. */
  readonly contextSize?: number;
  /** How long an aborted generation may take to stop, in ms. Then its process is replaced. Default: 2,000. */
  readonly patienceMs?: number;
  /** The build of llama.cpp. The GPU builds must be installed first. */
  readonly variant?: EngineVariant;
  /** The `model` of the answers. Default: `embedded`. */
  readonly name?: string;
}

/** Runs llama.cpp on this machine. Loading begins at once, in a child process; requests wait until it is done. */
export function createEmbeddedProvider(options: EmbeddedOptions): Provider {
  return new EmbeddedProvider(options);
}

/** The limit of slots: each running answer occupies one of the four threads of libuv's pool. */
const mostSlots = 4;
const tinyBytes = 64 * 1024 * 1024;

/**
 * The default number of slots. Answers that run at once share only the weights and compete for the cores, so more than
 * one slot only helps tiny models.
 */
function defaultSlots(modelPath: string): number {
  const size = statSync(modelPath, { throwIfNoEntry: false })?.size ?? 0;
  return size < tinyBytes ? mostSlots : 1;
}

/** Makes a signal that aborts with `upstream_timeout` after so many ms. Undefined: there is no limit. */
function limitFirstToken(ms: number | undefined): { readonly signal: AbortSignal; end(): void } | undefined {
  if (ms === undefined) return undefined;
  const late = new AbortController();
  const expire = () => late.abort(new AppError('upstream_timeout', 'The first token did not come in time.'));
  const timer = setTimeout(expire, ms);
  return { signal: late.signal, end: () => clearTimeout(timer) };
}

class EmbeddedProvider implements Provider {
  readonly id: string;
  readonly kind = 'embedded';
  readonly fieldPolicy = ownPolicy;
  readonly #name: string;
  readonly #engine: Engine;
  readonly #slots: SlotQueue;
  readonly #open = new Set<Running>();
  readonly #closing = new AbortController();
  /** How many requests run or wait. */
  #calls = 0;
  #isRetired = false;

  constructor(options: EmbeddedOptions) {
    const slots = Math.min(mostSlots, Math.max(1, options.slots ?? defaultSlots(options.modelPath)));
    const threads = options.threads ?? availableParallelism() - 1;
    this.id = options.id;
    this.#name = options.name ?? 'embedded';
    this.#slots = new SlotQueue(slots);
    const engine = {
      modelPath: options.modelPath,
      threads: Math.max(1, Math.floor(threads / slots)),
      slots,
      contextSize: options.contextSize ?? null,
      variant: options.variant ?? 'default',
    };
    this.#engine = new Engine(engine, options.patienceMs);
    this.#engine.ready().catch(() => {});
  }

  get contextWindow(): number | null {
    return this.#engine.info?.contextSize ?? null;
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const { onFirstToken, timeouts, signal } = call;
    const limit = limitFirstToken(timeouts?.firstTokenMs);
    const stream = this.stream(limit ? { ...call, signal: AbortSignal.any([signal, limit.signal]) } : call);
    const collector = new ChunkCollector();
    let begun = false;
    try {
      for await (const batch of stream) {
        for (const { value } of batch) collector.add(value);
        if (begun || !batch.some(({ value }) => isToken(value))) continue;
        begun = true;
        limit?.end();
        onFirstToken?.();
      }
      return Json.ofValue(finishCollected(collector));
    } finally {
      limit?.end();
    }
  }

  async *stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    this.#calls++;
    try {
      yield* this.#generate(call);
    } finally {
      this.#calls--;
      this.#restWhenRetired();
    }
  }

  retire(): void {
    this.#isRetired = true;
    this.#restWhenRetired();
  }

  #restWhenRetired(): void {
    if (!this.#isRetired || this.#calls > 0) return;
    // The engine frees the slot of an aborted generation shortly after its request has ended.
    void Promise.all([...this.#open].map((running) => running.ended)).then(() => {
      if (this.#calls === 0) this.#engine.rest();
    });
  }

  async *#generate(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const signal = AbortSignal.any([call.signal, this.#closing.signal]);
    const generation = toGeneration(call, await waitFor(this.#engine.ready(), signal));
    const release = await this.#slots.acquire(signal);
    const running = await this.#hand(generation, signal).catch((error: unknown) => {
      release();
      throw error;
    });
    this.#open.add(running);
    void running.ended.then(() => {
      this.#open.delete(running);
      release();
    });
    const abort = (): void => running.events.fail(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      yield* this.#read(running, call);
    } finally {
      signal.removeEventListener('abort', abort);
      running.cancel();
    }
  }

  /**
   * Hands a generation to the engine. The engine may have died, or the client may have disconnected, while the request
   * was waiting.
   */
  async #hand(generation: Omit<GenerationRequest, 'id'>, signal: AbortSignal): Promise<Running> {
    await waitFor(this.#engine.ready(), signal);
    return this.#engine.generate(generation);
  }

  async *#read(running: Running, call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const reader = new GenerationReader(call.alias);
    const { request, changes } = call;
    const tools = new OfferedTools(() => ('tools' in changes ? changes.tools : request.value.tools));
    // Small models write the arguments of calls in as many ways as servers do.
    const shaper = new ChunkShaper({ choices: () => 1, tools });
    for (;;) {
      const events = await running.events.pull();
      const chunks = events
        .flatMap((event) => reader.read(event))
        .flatMap((chunk) => shaper.shape(Json.ofValue(chunk)));
      const isEnd = events.some((event) => event.type === 'end');
      if (isEnd) chunks.push(...shaper.end());
      if (chunks.length > 0) yield chunks;
      if (isEnd) return;
    }
  }

  async health(signal: AbortSignal): Promise<ProviderHealth> {
    if (this.#engine.info !== undefined) return { up: true, latencyMs: 0 };
    const startedAt = monotonicNow();
    try {
      await waitFor(this.#engine.ready(), signal);
      return { up: true, latencyMs: monotonicNow() - startedAt };
    } catch {
      return { up: false, latencyMs: null, detail: this.#engine.problem ?? 'The model is being loaded.' };
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new AppError('service_unavailable', 'The gateway is shutting down.'));
    for (const running of this.#open) running.cancel();
    await Promise.all([...this.#open].map((running) => running.ended));
    await this.#engine.close();
  }
}
