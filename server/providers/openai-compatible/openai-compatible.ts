import type { ChatCompletion, ChatCompletionChunk } from '../../../contracts/chat/completion.ts';
import type { TextCompletion, TextCompletionRequest } from '../../../contracts/completions/text-completion.ts';
import type { EmbeddingRequest, EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { ChunkShaper, type ShaperOptions } from '../../canonical/chunk-shaper.ts';
import { collectChunks, finishCollected } from '../../canonical/collect-chunks.ts';
import { TextCollector } from '../../canonical/collect-texts.ts';
import { Json } from '../../canonical/json.ts';
import { OfferedTools } from '../../canonical/offered-tools.ts';
import { TextShaper } from '../../canonical/text-shaper.ts';
import { toChunks } from '../../canonical/whole-answer.ts';
import { AppError } from '../../errors/app-error.ts';
import { isEventBody } from '../http/answer-form.ts';
import { ANSWER_SHAPE } from '../http/check-shape.ts';
import { collectAnswer } from '../http/collect-answer.ts';
import { Collecting } from '../http/collecting.ts';
import type { Exchange } from '../http/exchange.ts';
import { MAX_ANSWER, MAX_LARGE_ANSWER } from '../http/limits.ts';
import { readModelList } from '../http/list-models.ts';
import { probe } from '../http/probe.ts';
import { expectSuccess, successOf } from '../http/read-error.ts';
import { readJson } from '../http/read-json.ts';
import { readStream, readWhole, StreamReader } from '../http/read-stream.ts';
import { toUpstreamError, UpstreamClient, type UpstreamSettings } from '../http/upstream-client.ts';
import { bytesOf, writeBody } from '../http/write-body.ts';
import { toPictureRatio } from '../picture-ratio.ts';
import type {
  FieldPolicy,
  ForwardCall,
  Forwarded,
  ModelListing,
  Provider,
  ProviderCall,
  ProviderHealth,
} from '../provider.ts';
import type { ToolNames } from '../tool-names.ts';
import { adaptUsage, createChoiceRepair } from './adapt-answer.ts';
import { createRequestAdapter, type RequestAdapter } from './adapt-request.ts';
import { ChunkSource } from './chunk-source.ts';
import { promptCounts } from './count-prompt.ts';
import { DemandedReasoning } from './demanded-reasoning.ts';
import type { Quirks } from './quirks.ts';
import { readCompletion, readEmbeddings, readTextCompletion } from './read-answer.ts';

const CHAT = '/chat/completions';
const TEXT = '/completions';

export interface OpenAiCompatibleSettings extends UpstreamSettings {
  /** The upstream's deviations from OpenAI; see `presets.ts`. */
  readonly quirks?: Quirks;
  /** The fields that keys can send. */
  readonly fieldPolicy: FieldPolicy;
}

/**
 * Upstreams with OpenAI's chat completions: vLLM, llama.cpp, Ollama, LM Studio and most clouds. This is the canonical
 * form, so requests and answers pass as bytes, and only the differences are spliced in.
 */
export class OpenAiCompatibleProvider implements Provider {
  readonly kind = 'openai-compatible';
  readonly id: string;
  readonly fieldPolicy: FieldPolicy;
  /** Gemini's models are had by way of other vendors, too. */
  readonly pictureSize = (size: string, model: string) => (/gemini/i.test(model) ? toPictureRatio(size) : null);
  readonly #client: UpstreamClient;
  readonly #adaptRequest: RequestAdapter | null;
  readonly #quirks: Quirks;
  readonly #repair: ReturnType<typeof createChoiceRepair>;
  readonly #collecting: Collecting;
  readonly #reasoning = new DemandedReasoning();
  /** The changes that make a stream report its usage. */
  readonly #counted: Readonly<Record<string, unknown>>;

  constructor(id: string, settings: OpenAiCompatibleSettings) {
    this.id = id;
    this.fieldPolicy = settings.fieldPolicy;
    this.#quirks = settings.quirks ?? {};
    this.#adaptRequest = createRequestAdapter(this.#quirks);
    this.#repair = createChoiceRepair(this.#quirks);
    this.#collecting = new Collecting(settings.collectStreams ?? this.#quirks.stopsOnlyStreams);
    const counts = !this.#quirks.drop?.includes('stream_options');
    this.#counted = counts ? { stream_options: { include_usage: true } } : {};
    this.#client = new UpstreamClient(settings, {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(settings.apiKey ? { authorization: `Bearer ${settings.apiKey}` } : {}),
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    try {
      return await this.#complete(call);
    } catch (error) {
      if (!this.#reasoning.learn(call.model, error)) throw error;
      return this.#complete(call);
    }
  }

  async #complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const { adapted, names } = this.#adapt(call);
    const answer = await this.#collecting.answer(adapted, {
      whole: () => this.#answer(CHAT, adapted, (bytes) => this.#readChat(bytes, adapted)),
      collected: async () => {
        const collector = new ChunkCollector();
        return collectAnswer(await this.#post(CHAT, this.#withUsage(adapted), true), {
          call: adapted,
          reader: this.#chatReader(adapted),
          add: (chunk) => collector.add(chunk),
          end: () => Json.ofValue(finishCollected(collector)),
          whole: (bytes) => this.#readChat(bytes, adapted),
        });
      },
    });
    return names ? names.completion(answer) : answer;
  }

  stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const { adapted, names } = this.#adapt(call);
    const whole = (body: Buffer) => toChunks(readCompletion(body, call.alias, this.#shaping(adapted)).value);
    const chunks = readStream(
      () => this.#post(CHAT, adapted, true),
      this.#chatReader(adapted),
      (body) => whole(body).map((chunk) => Json.ofValue(chunk)),
      (error) => (this.#reasoning.learn(call.model, error) ? this.#post(CHAT, this.#adapt(call).adapted, true) : null),
    );
    return names ? names.stream(chunks) : chunks;
  }

  completeText(call: ProviderCall<TextCompletionRequest>): Promise<Json<TextCompletion>> {
    return this.#collecting.answer(call, {
      whole: () => this.#answer(TEXT, call, (bytes) => readText(bytes, call)),
      collected: async () => {
        const collector = new TextCollector();
        return collectAnswer(await this.#post(TEXT, this.#withUsage(call), true), {
          call,
          reader: textReader(call),
          add: (chunk) => collector.add(chunk),
          end: () => Json.ofValue(collector.completion),
          whole: (bytes) => readText(bytes, call),
        });
      },
    });
  }

  streamText(call: ProviderCall<TextCompletionRequest>): AsyncGenerator<Json<TextCompletion>[], void, void> {
    return readStream(
      () => this.#post(TEXT, call, true),
      textReader(call),
      (body) => [readTextCompletion(body, call.alias)],
    );
  }

  embed(call: ProviderCall<EmbeddingRequest>): Promise<Json<EmbeddingResponse>> {
    return this.#answer('/embeddings', call, (bytes) => readEmbeddings(bytes, call.alias), MAX_LARGE_ANSWER);
  }

  async countPrompt(call: ProviderCall): Promise<number> {
    const count = this.#quirks.counts && promptCounts[this.#quirks.counts];
    if (!count) throw new AppError('endpoint_not_supported');
    const { adapted } = this.#adapt(call);
    const { model, request, changes, signal, timeouts, tap } = adapted;
    const chat = { ...request.value, ...changes, model };
    return count(chat, async (path, body) => {
      const options = { timeouts, tap, besideVersion: true };
      try {
        const exchange = this.#client.post(path, await writeBody(body), signal, options);
        return readJson(successOf(await exchange.collect(MAX_ANSWER)), ANSWER_SHAPE, 'something');
      } catch (error) {
        throw toUpstreamError(error);
      }
    });
  }

  async forward({ path, contentType, body, signal, timeouts, tap }: ForwardCall): Promise<Forwarded> {
    const headers = { 'content-type': contentType, accept: '*/*' };
    const exchange = this.#client.post(path, body, signal, { headers, timeouts, tap });
    try {
      await expectSuccess(exchange);
      const { headers } = await exchange.head;
      return { contentType: headers['content-type'] ?? 'application/octet-stream', body: readBody(exchange) };
    } catch (error) {
      exchange.abort();
      throw toUpstreamError(error);
    }
  }

  listModels(signal: AbortSignal): Promise<ModelListing> {
    return readModelList(this.#client.get('/models', signal));
  }

  health(signal: AbortSignal): Promise<ProviderHealth> {
    return probe(this.#client.get(this.#quirks.healthPath ?? '/models', signal));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #adapt(call: ProviderCall): { adapted: ProviderCall; names: ToolNames | null } {
    if (!this.#adaptRequest) return { adapted: this.#withReasoning(call), names: null };
    const { changes, applied, names } = this.#adaptRequest(call);
    for (const what of applied) call.onApplied?.(what);
    const adapted = isEmpty(changes) ? call : { ...call, changes: { ...call.changes, ...changes } };
    return { adapted: this.#withReasoning(adapted), names };
  }

  #withReasoning(call: ProviderCall): ProviderCall {
    if (!this.#reasoning.isDemandedBy(call.model)) return call;
    const { messages } = { ...call.request.value, ...call.changes };
    return { ...call, changes: { ...call.changes, messages: this.#reasoning.fill(messages) } };
  }

  async #answer<Answer extends object>(
    path: string,
    call: ProviderCall<object>,
    read: (bytes: Buffer) => Json<Answer> | Promise<Json<Answer>>,
    limit = MAX_ANSWER,
  ): Promise<Json<Answer>> {
    try {
      const sent = this.#post(path, call, false);
      const exchange = sent instanceof Promise ? await sent : sent;
      return await read(successOf(await exchange.collect(limit)));
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  /** Reads a whole answer, streamed or not. */
  #readChat(bytes: Buffer, call: ProviderCall): Json<ChatCompletion> | Promise<Json<ChatCompletion>> {
    return isEventBody(bytes)
      ? collectChunks(readWhole(this.#chatReader(call), bytes)).then(Json.ofValue)
      : readCompletion(bytes, call.alias, this.#shaping(call));
  }

  #withUsage<Request extends object>(call: ProviderCall<Request>): ProviderCall<Request> {
    return { ...call, changes: { ...call.changes, ...this.#counted } };
  }

  #chatReader(call: ProviderCall): StreamReader<ChatCompletionChunk> {
    return new StreamReader(new ChunkSource(call.alias, 'content', new ChunkShaper(this.#shaping(call))));
  }

  /** How the answer is checked, according to the request as it was sent. */
  #shaping({ request, changes }: ProviderCall): ShaperOptions {
    return {
      choices: () => request.value.n ?? 1,
      tools: new OfferedTools(() => ('tools' in changes ? changes.tools : request.value.tools)),
      asksOldWay: () => request.value.functions != null,
      repair: this.#repair,
      repairUsage: (usage) => adaptUsage(usage, this.#quirks),
    };
  }

  /** Returns a promise only for a long request that has to be written first. */
  #post(path: string, call: ProviderCall<object>, stream: boolean): Exchange | Promise<Exchange> {
    const changes = { ...call.changes, model: call.model, ...(stream ? { stream } : {}) };
    const { signal, timeouts, tap } = call;
    const send = (body: Buffer) => this.#client.post(path, body, signal, { timeouts, tap });
    const body = bytesOf(call.request.with(changes));
    return body instanceof Promise ? body.then(send) : send(body);
  }
}

const isEmpty = (changes: object): boolean => Object.keys(changes).length === 0;

const textReader = ({ alias }: ProviderCall<TextCompletionRequest>): StreamReader<TextCompletion> =>
  new StreamReader(new ChunkSource(alias, 'text', new TextShaper()));

async function readText(bytes: Buffer, call: ProviderCall<TextCompletionRequest>): Promise<Json<TextCompletion>> {
  if (!isEventBody(bytes)) return readTextCompletion(bytes, call.alias);
  const collector = new TextCollector();
  for await (const batch of readWhole(textReader(call), bytes)) for (const { value } of batch) collector.add(value);
  return Json.ofValue(collector.completion);
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
