import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { probe } from '../http/probe.ts';
import { expectSuccess, readErrorEvent } from '../http/read-error.ts';
import { MAX_ANSWER, toUpstreamError, UpstreamClient, type UpstreamSettings } from '../http/upstream-client.ts';
import { Json } from '../json.ts';
import type { ForwardCall, Forwarded, Provider, ProviderCall, ProviderHealth } from '../provider.ts';
import { AnswerAdapter } from './adapt-answer.ts';
import { createRequestAdapter, type RequestAdapter } from './adapt-request.ts';
import type { Quirks } from './quirks.ts';
import { StreamReader } from './read-stream.ts';
import { repairCompletion } from './repair-chunk.ts';

export interface OpenAiCompatibleSettings extends UpstreamSettings {
  /** Where it departs from OpenAI; see `presets.ts`. */
  readonly quirks?: Quirks;
  /** Sent with every request, such as OpenRouter's `X-Title`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Upstreams that speak OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio and most clouds. It is also the
 * clients' dialect, so requests and answers pass as bytes; only what differs is spliced in.
 */
export class OpenAiCompatibleProvider implements Provider {
  readonly kind = 'openai-compatible';
  readonly id: string;
  readonly #client: UpstreamClient;
  readonly #adaptRequest: RequestAdapter | null;
  readonly #answerAdapter: AnswerAdapter | null;

  constructor(id: string, settings: OpenAiCompatibleSettings) {
    this.id = id;
    this.#adaptRequest = createRequestAdapter(settings.quirks ?? {});
    this.#answerAdapter = AnswerAdapter.create(settings.quirks ?? {});
    this.#client = new UpstreamClient(settings, {
      ...settings.headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(settings.apiKey ? { authorization: `Bearer ${settings.apiKey}` } : {}),
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const exchange = this.#post(call, false);
    try {
      await expectSuccess(exchange);
      return readCompletion(await exchange.readAll(MAX_ANSWER), this.#answerAdapter).assign({ model: call.alias });
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  async *stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const exchange = this.#post(call, true);
    try {
      await expectSuccess(exchange);
      const reader = new StreamReader(call.alias, this.#answerAdapter);
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

  async forward({ path, contentType, body, signal }: ForwardCall): Promise<Forwarded> {
    const exchange = this.#client.post(path, body, signal, { 'content-type': contentType });
    try {
      await expectSuccess(exchange);
      const { headers } = await exchange.head;
      return { contentType: headers['content-type'] ?? 'application/octet-stream', body: readBody(exchange) };
    } catch (error) {
      exchange.abort();
      throw toUpstreamError(error);
    }
  }

  health(signal: AbortSignal): Promise<ProviderHealth> {
    return probe(this.#client.get('/models', signal));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #post(call: ProviderCall, stream: boolean): Exchange {
    const adapted = this.#adaptRequest?.(call.request, call.changes);
    const changes = { ...call.changes, ...adapted, model: call.model, ...(stream ? { stream } : {}) };
    return this.#client.post('/chat/completions', call.request.with(changes).bytes, call.signal);
  }
}

async function* readBody(exchange: Exchange): AsyncGenerator<Buffer[], void, void> {
  try {
    for (let batch = await exchange.read(); batch; batch = await exchange.read()) yield batch;
  } catch (error) {
    throw toUpstreamError(error);
  } finally {
    exchange.abort();
  }
}

function readCompletion(bytes: Buffer, adapter: AnswerAdapter | null): Json<ChatCompletion> {
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
  return repairCompletion(adapter ? adapter.completion(completion) : completion);
}
