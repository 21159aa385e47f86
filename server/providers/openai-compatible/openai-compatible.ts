import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import type { EmbeddingRequest, EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import type { Json } from '../../canonical/json.ts';
import type { Exchange } from '../http/exchange.ts';
import { MAX_ANSWER, MAX_LARGE_ANSWER } from '../http/limits.ts';
import { probe } from '../http/probe.ts';
import { expectSuccess, successOf } from '../http/read-error.ts';
import { toUpstreamError, UpstreamClient, type UpstreamSettings } from '../http/upstream-client.ts';
import type { ForwardCall, Forwarded, Provider, ProviderCall, ProviderHealth } from '../provider.ts';
import type { ToolNames } from '../tool-names.ts';
import { AnswerAdapter } from './adapt-answer.ts';
import { createRequestAdapter, type RequestAdapter } from './adapt-request.ts';
import type { Quirks } from './quirks.ts';
import { readCompletion, readEmbeddings, readTextCompletion } from './read-answer.ts';
import { type StreamKind, StreamReader } from './read-stream.ts';
import { ChunkRepair } from './repair-chunk.ts';

const CHAT = '/chat/completions';
const TEXT = '/completions';

/** Legacy completions have no tool calls and no reasoning: there is nothing to repair. */
const textKind: StreamKind<TextCompletion> = { textField: 'text', repair: (chunk) => chunk };

export interface OpenAiCompatibleSettings extends UpstreamSettings {
  /** Where it departs from OpenAI; see `presets.ts`. */
  readonly quirks?: Quirks;
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
  readonly #adapter: AnswerAdapter | null;
  readonly #healthPath: string;

  constructor(id: string, settings: OpenAiCompatibleSettings) {
    this.id = id;
    this.#adaptRequest = createRequestAdapter(settings.quirks ?? {});
    this.#adapter = AnswerAdapter.create(settings.quirks ?? {});
    this.#healthPath = settings.quirks?.healthPath ?? '/models';
    this.#client = new UpstreamClient(settings, {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(settings.apiKey ? { authorization: `Bearer ${settings.apiKey}` } : {}),
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const { adapted, names } = this.#adapt(call);
    const answer = await this.#answer(CHAT, adapted, (bytes, alias) => readCompletion(bytes, alias, this.#adapter));
    return names ? names.completion(answer) : answer;
  }

  stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const { adapted, names } = this.#adapt(call);
    const chunks = this.#stream(CHAT, adapted, new ChunkRepair(this.#adapter));
    return names ? names.stream(chunks) : chunks;
  }

  completeText(call: ProviderCall<TextCompletionRequest>): Promise<Json<TextCompletion>> {
    return this.#answer(TEXT, call, readTextCompletion);
  }

  streamText(call: ProviderCall<TextCompletionRequest>): AsyncGenerator<Json<TextCompletion>[], void, void> {
    return this.#stream(TEXT, call, textKind);
  }

  embed(call: ProviderCall<EmbeddingRequest>): Promise<Json<EmbeddingResponse>> {
    return this.#answer('/embeddings', call, readEmbeddings, MAX_LARGE_ANSWER);
  }

  async forward({ path, contentType, body, signal, timeouts }: ForwardCall): Promise<Forwarded> {
    const headers = { 'content-type': contentType, accept: '*/*' };
    const exchange = this.#client.post(path, body, signal, { headers, timeouts });
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
    return probe(this.#client.get(this.#healthPath, signal));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #adapt(call: ProviderCall): { adapted: ProviderCall; names: ToolNames | null } {
    if (!this.#adaptRequest) return { adapted: call, names: null };
    const { changes, applied, names } = this.#adaptRequest(call);
    for (const what of applied) call.onApplied?.(what);
    return { adapted: { ...call, changes: { ...call.changes, ...changes } }, names };
  }

  async #answer<Answer extends object>(
    path: string,
    call: ProviderCall<object>,
    read: (bytes: Buffer, alias: string) => Json<Answer>,
    limit = MAX_ANSWER,
  ): Promise<Json<Answer>> {
    try {
      const answer = await this.#post(path, call, false).collect(limit);
      return read(successOf(answer), call.alias);
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  async *#stream<Chunk extends object>(
    path: string,
    call: ProviderCall<object>,
    kind: StreamKind<Chunk>,
  ): AsyncGenerator<Json<Chunk>[], void, void> {
    const exchange = this.#post(path, call, true);
    const reader = new StreamReader<Chunk>(call.alias, kind);
    try {
      await expectSuccess(exchange);
      while (!reader.ended) {
        const batch = reader.read(reader.done ? null : await exchange.read());
        if (batch.length > 0) yield batch;
      }
    } catch (error) {
      throw toUpstreamError(error);
    } finally {
      if (reader.complete) exchange.drain();
      else exchange.abort();
    }
  }

  #post(path: string, call: ProviderCall<object>, stream: boolean): Exchange {
    const changes = { ...call.changes, model: call.model, ...(stream ? { stream } : {}) };
    const { signal, timeouts } = call;
    return this.#client.post(path, call.request.with(changes).bytes, signal, { timeouts });
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
