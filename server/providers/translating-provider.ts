import type { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { ChunkCollector } from '../canonical/chunk-collector.ts';
import { ChunkShaper, type ShaperOptions } from '../canonical/chunk-shaper.ts';
import { collectChunks, finishCollected } from '../canonical/collect-chunks.ts';
import { dropUnsupported, toApplied } from '../canonical/drop-unsupported.ts';
import { Json } from '../canonical/json.ts';
import { nameSpeakers } from '../canonical/name-speakers.ts';
import { OfferedTools } from '../canonical/offered-tools.ts';
import { repairJson } from '../canonical/read-body/repair-json.ts';
import { shapeCompletion, toChunks } from '../canonical/whole-answer.ts';
import { AppError } from '../errors/app-error.ts';
import type { Dialect, DialectRequest } from './dialect.ts';
import { isEventBody } from './http/answer-form.ts';
import { ANSWER_SHAPE, EVENT_SHAPE } from './http/check-shape.ts';
import { collectAnswer } from './http/collect-answer.ts';
import { Collecting } from './http/collecting.ts';
import type { Exchange } from './http/exchange.ts';
import { MAX_ANSWER, MAX_SMALL_ANSWER } from './http/limits.ts';
import { readModelList } from './http/list-models.ts';
import { probe } from './http/probe.ts';
import { readCount } from './http/read-count.ts';
import { bareFailureIn, successOf } from './http/read-error.ts';
import { readJson } from './http/read-json.ts';
import { readStream, readWhole, StreamReader } from './http/read-stream.ts';
import { toUpstreamError, UpstreamClient, type UpstreamSettings } from './http/upstream-client.ts';
import { writeBody } from './http/write-body.ts';
import type { CountCall, FieldPolicy, ModelListing, Provider, ProviderCall, ProviderHealth } from './provider.ts';
import { ToolNames } from './tool-names.ts';
import { TranslatedSource } from './translated-source.ts';

export interface TranslatingSettings extends UpstreamSettings {
  /** The fields that keys can send. */
  readonly fieldPolicy: FieldPolicy;
}

/** An upstream with a dialect of its own: each request, answer and event is translated. */
export class TranslatingProvider implements Provider {
  readonly kind: string;
  readonly id: string;
  readonly nativeDialect: string | undefined;
  readonly fieldPolicy: FieldPolicy;
  readonly textAnswers: boolean;
  readonly defaultAnswerTokens: number | undefined;
  readonly pictureSize: Provider['pictureSize'];
  readonly #dialect: Dialect;
  readonly #client: UpstreamClient;
  readonly #collecting: Collecting;

  constructor(id: string, dialect: Dialect, settings: TranslatingSettings) {
    this.id = id;
    this.kind = dialect.kind;
    this.fieldPolicy = settings.fieldPolicy;
    this.textAnswers = dialect.textAnswers ?? false;
    this.defaultAnswerTokens = dialect.defaultAnswerTokens;
    this.pictureSize = dialect.pictureSize;
    this.nativeDialect = dialect.forwardVerbatim ? dialect.kind : undefined;
    this.#dialect = dialect;
    this.#collecting = new Collecting(settings.collectStreams);
    this.#client = new UpstreamClient(settings, {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...dialect.headers(settings.apiKey),
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    const names = this.#namesFor(call);
    const whole = () => this.#complete(call, names);
    // A collected stream does not hold the vendor's own answer, which a client of its dialect must get.
    const answer = await (!names && this.#forwardsVerbatim(call)
      ? whole()
      : this.#collecting.answer(call, { whole, collected: () => this.#collect(call, names) }));
    return names ? names.completion(answer) : answer;
  }

  stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const names = this.#namesFor(call);
    const whole = (body: Buffer) => toChunks(this.#readAnswer(body, call, names, false).value);
    const chunks = readStream(
      () => this.#post(call, names, true),
      this.#reader(call, names, !names && this.#forwardsVerbatim(call)),
      (body) => whole(body).map((chunk) => Json.ofValue(chunk)),
    );
    return names ? names.stream(chunks) : chunks;
  }

  async countPrompt(call: ProviderCall): Promise<number> {
    const { promptCount } = this.#dialect;
    if (!promptCount) throw new AppError('endpoint_not_supported');
    const chat = this.#toRequest(call, this.#namesFor(call), false);
    const counted = await this.#ask(promptCount.toRequest(chat, call.model), call);
    return readCount(counted, promptCount.field);
  }

  async countTokens({ original, model, signal, timeouts }: CountCall): Promise<unknown> {
    if (!this.#dialect.toCount) throw new AppError('endpoint_not_supported');
    return this.#ask(this.#dialect.toCount(original, model), { signal, timeouts });
  }

  listModels(signal: AbortSignal): Promise<ModelListing> {
    return readModelList(this.#client.get(this.#dialect.listPath ?? this.#dialect.healthPath, signal));
  }

  health(signal: AbortSignal): Promise<ProviderHealth> {
    return probe(this.#client.get(this.#dialect.healthPath, signal));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #complete(call: ProviderCall, names: ToolNames | null): Promise<Json<ChatCompletion>> {
    try {
      const exchange = await this.#post(call, names, false);
      return await this.#readForm(successOf(await exchange.collect(MAX_ANSWER)), call, names);
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  async #collect(call: ProviderCall, names: ToolNames | null): Promise<Json<ChatCompletion>> {
    const collector = new ChunkCollector();
    return collectAnswer(await this.#post(call, names, true), {
      call,
      reader: this.#reader(call, names, false),
      add: (chunk) => collector.add(chunk),
      end: () => Json.ofValue(finishCollected(collector)),
      whole: (bytes) => this.#readForm(bytes, call, names),
    });
  }

  /** Reads a whole answer, streamed or not. */
  #readForm(
    bytes: Buffer,
    call: ProviderCall,
    names: ToolNames | null,
  ): Json<ChatCompletion> | Promise<Json<ChatCompletion>> {
    return isEventBody(bytes)
      ? collectChunks(readWhole(this.#reader(call, names, false), bytes)).then(Json.ofValue)
      : this.#readAnswer(bytes, call, names, !names && this.#forwardsVerbatim(call));
  }

  /** A short question with a short answer. */
  async #ask(question: DialectRequest, call: Pick<ProviderCall, 'signal' | 'timeouts' | 'tap'>): Promise<unknown> {
    try {
      const exchange = await this.#send(question, call);
      return readJson(successOf(await exchange.collect(MAX_SMALL_ANSWER)), EVENT_SHAPE, 'something');
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  /** `passes`: the vendor's own events are passed along. */
  #reader(call: ProviderCall, names: ToolNames | null, passes: boolean): StreamReader<ChatCompletionChunk> {
    const { alias } = call;
    const reader = this.#dialect.createReader(alias, passes);
    return new StreamReader(
      new TranslatedSource(reader, new ChunkShaper(this.#shaping(call, names)), { alias, passes }),
    );
  }

  /** `passes`: the vendor's own answer is passed along. */
  #readAnswer(bytes: Buffer, call: ProviderCall, names: ToolNames | null, passes: boolean): Json<ChatCompletion> {
    if (bytes.length === 0) throw new AppError('upstream_broken', 'The upstream sent an empty answer.');
    const body = readJson(repairJson(bytes), ANSWER_SHAPE, 'something');
    const failure = bareFailureIn(body);
    if (failure) throw failure;
    const answer = Json.ofValue(this.#dialect.readAnswer(body, call.alias));
    const shaped = shapeCompletion(answer, this.#shaping(call, names));
    const sound = passes && (this.#dialect.isSound?.(body) ?? true);
    return sound ? shaped.assign({ original_answer: body }) : shaped;
  }

  /** How the answer is checked: with the names of tools that were sent. */
  #shaping({ request }: ProviderCall, names: ToolNames | null): ShaperOptions {
    return {
      choices: () => request.value.n ?? 1,
      tools: new OfferedTools(() => (names ? names.toUpstream(request.value).tools : request.value.tools)),
    };
  }

  #post(call: ProviderCall, names: ToolNames | null, stream: boolean): Exchange | Promise<Exchange> {
    return this.#send(this.#toRequest(call, names, stream), call);
  }

  /** Returns a promise only for a long request. */
  #send(
    { path, body, headers = {} }: DialectRequest,
    { signal, timeouts, tap }: Pick<ProviderCall, 'signal' | 'timeouts' | 'tap'>,
  ): Exchange | Promise<Exchange> {
    const send = (bytes: Buffer) => this.#client.post(path, bytes, signal, { timeouts, headers, tap });
    const written = writeBody(body);
    return written instanceof Promise ? written.then(send) : send(written);
  }

  #forwardsVerbatim({ original, changes }: ProviderCall): boolean {
    return this.nativeDialect !== undefined && original?.dialect === this.nativeDialect && !('messages' in changes);
  }

  #namesFor({ request, changes }: ProviderCall): ToolNames | null {
    return ToolNames.of({ ...request.value, ...changes }, this.#dialect.toolNames);
  }

  /** The request for the upstream: the client's own, forwarded verbatim, unless names of tools must change. */
  #toRequest(call: ProviderCall, names: ToolNames | null, stream: boolean): DialectRequest {
    const { original, changes, model, onApplied, dropsUnsupported } = call;
    if (!names && original && this.#dialect.forwardVerbatim && this.#forwardsVerbatim(call)) {
      const maxTokens = changes.max_tokens;
      return this.#dialect.forwardVerbatim(original, model, stream, typeof maxTokens === 'number' ? maxTokens : null);
    }
    // The changes are applied to the value; applied to the bytes, the request would have to be parsed again.
    const value = { ...call.request.value, ...changes };
    const messages = nameSpeakers(value.messages);
    if (messages !== value.messages) onApplied?.('names_written_into_messages');
    const given = { ...value, messages: [...messages] };
    const named = names ? { ...given, ...names.toUpstream(given) } : given;
    const { translated, dropped } = dropUnsupported(named, dropsUnsupported, (request) =>
      this.#dialect.toRequest(request, model, stream),
    );
    for (const what of [...(translated.applied ?? []), ...toApplied(dropped)]) onApplied?.(what);
    return translated;
  }
}
