import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Exchange } from '../http/exchange.ts';
import { probe } from '../http/probe.ts';
import { expectSuccess, readErrorEvent, successOf } from '../http/read-error.ts';
import { MAX_ANSWER, toUpstreamError, UpstreamClient, type UpstreamSettings } from '../http/upstream-client.ts';
import { Json } from '../json.ts';
import type { ForwardCall, Forwarded, Provider, ProviderCall, ProviderHealth } from '../provider.ts';
import { StreamReader } from './read-stream.ts';
import { repairCompletion } from './repair-chunk.ts';

/**
 * Upstreams that speak OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio and most clouds. It is also the
 * clients' dialect, so requests and answers pass as bytes; only what differs is spliced in.
 */
export class OpenAiCompatibleProvider implements Provider {
  readonly kind = 'openai-compatible';
  readonly id: string;
  readonly #client: UpstreamClient;

  constructor(id: string, settings: UpstreamSettings) {
    this.id = id;
    this.#client = new UpstreamClient(settings, {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(settings.apiKey ? { authorization: `Bearer ${settings.apiKey}` } : {}),
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    try {
      const answer = await this.#post(call, false).collect(MAX_ANSWER);
      return readCompletion(successOf(answer)).assign({ model: call.alias });
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  async *stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const exchange = this.#post(call, true);
    try {
      await expectSuccess(exchange);
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

  async forward({ path, contentType, body, signal, leastWaitMs }: ForwardCall): Promise<Forwarded> {
    const headers = { 'content-type': contentType };
    const exchange = this.#client.post(path, body, signal, { headers, leastWaitMs });
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
    const changes = { ...call.changes, model: call.model, ...(stream ? { stream } : {}) };
    const { signal, leastWaitMs } = call;
    return this.#client.post('/chat/completions', call.request.with(changes).bytes, signal, { leastWaitMs });
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
