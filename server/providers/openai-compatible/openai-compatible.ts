import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { toUpstreamError, UpstreamClient } from '../http/upstream-client.ts';
import { Json } from '../json.ts';
import type { Provider, ProviderCall, ProviderHealth } from '../provider.ts';
import { readErrorEvent, readErrorResponse } from './read-error.ts';
import { StreamReader } from './read-stream.ts';
import { repairCompletion } from './repair-chunk.ts';

export interface OpenAiCompatibleOptions {
  readonly id: string;
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  /** Until the first byte, in ms. Images take up to 180 s, so nothing below 240 s is safe for them. */
  readonly firstByteMs?: number | undefined;
  /** Between two pieces of an answer, in ms. */
  readonly idleMs?: number | undefined;
}

/** The largest answer and the largest error body that are read, in bytes. */
const MAX_ANSWER = 256 * 1024 * 1024;
const MAX_ERROR = 256 * 1024;

/**
 * Upstreams that speak OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio and most clouds. It is also the
 * clients' dialect, so requests and answers pass as bytes; only what differs is spliced in.
 */
export class OpenAiCompatibleProvider implements Provider {
  readonly kind = 'openai-compatible';
  readonly id: string;
  readonly #client: UpstreamClient;

  constructor(options: OpenAiCompatibleOptions) {
    this.id = options.id;
    this.#client = new UpstreamClient({
      baseUrl: options.baseUrl,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {}),
      },
      timeouts: { firstByteMs: options.firstByteMs ?? 300_000, idleMs: options.idleMs ?? 300_000 },
      connectMs: 5_000,
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const exchange = this.#post(call, false);
    try {
      await this.#expectSuccess(exchange);
      return readCompletion(await exchange.readAll(MAX_ANSWER)).assign({ model: call.alias });
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  async *stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const exchange = this.#post(call, true);
    try {
      await this.#expectSuccess(exchange);
      const reader = new StreamReader(call.alias);
      while (!reader.ended) {
        const batch = reader.read(reader.done ? null : await exchange.read());
        if (batch.length > 0) yield batch;
      }
    } catch (error) {
      throw toUpstreamError(error);
    } finally {
      exchange.abort();
    }
  }

  async health(signal: AbortSignal): Promise<ProviderHealth> {
    const start = performance.now();
    const exchange = this.#client.get('/models', signal);
    try {
      const { status } = await exchange.head;
      const latencyMs = Math.round(performance.now() - start);
      return status < 500 && status !== 401 && status !== 403
        ? { up: true, latencyMs }
        : { up: false, latencyMs, detail: `answered ${status}` };
    } catch (error) {
      return { up: false, latencyMs: null, detail: toUpstreamError(error).code };
    } finally {
      exchange.abort();
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #post(call: ProviderCall, stream: boolean): Exchange {
    const changes = { ...call.changes, model: call.model, ...(stream ? { stream } : {}) };
    return this.#client.post('/chat/completions', call.request.with(changes).bytes, call.signal);
  }

  async #expectSuccess(exchange: Exchange): Promise<void> {
    const { status, headers } = await exchange.head;
    if (status === 200) return;
    if (status >= 300 && status < 400) {
      exchange.abort();
      throw new AppError('upstream_refused', 'The upstream answered with a redirect, which is not followed.');
    }
    throw readErrorResponse(status, headers, await exchange.readAll(MAX_ERROR));
  }
}

function readCompletion(bytes: Buffer): Json<ChatCompletion> {
  if (bytes.length === 0) throw new AppError('upstream_broken', 'The upstream sent an empty answer.');
  const completion = Json.ofBytes<ChatCompletion>(bytes);
  let value: ChatCompletion;
  try {
    value = completion.value;
  } catch (cause) {
    throw new AppError('upstream_broken', 'The upstream sent something that is not JSON.', { cause });
  }
  if (value?.error) throw readErrorEvent(value);
  if (!Array.isArray(value?.choices) || value.choices.length === 0) {
    throw new AppError('upstream_broken', 'The upstream sent an answer without choices.');
  }
  return repairCompletion(completion);
}
