import type { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { dropUnsupported, toApplied } from '../canonical/drop-unsupported.ts';
import { adds } from '../canonical/is-token.ts';
import { Json } from '../canonical/json.ts';
import { nameSpeakers } from '../canonical/name-speakers.ts';
import { AppError } from '../errors/app-error.ts';
import type { Dialect, DialectRequest } from './dialect.ts';
import type { Exchange } from './http/exchange.ts';
import { MAX_ANSWER, MAX_SMALL_ANSWER } from './http/limits.ts';
import { probe } from './http/probe.ts';
import { expectSuccess, successOf } from './http/read-error.ts';
import { SseParser } from './http/sse-parser.ts';
import { toUpstreamError, UpstreamClient, type UpstreamSettings } from './http/upstream-client.ts';
import type { CallTimeouts, CountCall, Provider, ProviderCall, ProviderHealth } from './provider.ts';
import { ToolNames } from './tool-names.ts';

/** No dialect of its own has it, but proxies add it. */
const DONE = Buffer.from('[DONE]');

const broken = (message: string, cause?: unknown) => new AppError('upstream_broken', message, { cause });

function parse(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw broken(`The upstream sent ${what} that is not JSON.`, cause);
  }
}

/** An event goes with the first chunk that it makes, and with an empty one when it makes none. */
function withOriginal(chunks: ChatCompletionChunk[], event: unknown, alias: string): ChatCompletionChunk[] {
  const empty = { id: '', object: 'chat.completion.chunk' as const, created: 0, model: alias, choices: [] };
  const [first = empty, ...rest] = chunks;
  return [{ ...first, original_event: event }, ...rest];
}

/** An upstream of any vendor that has a dialect of its own: each request and each event is translated. */
export class TranslatingProvider implements Provider {
  readonly kind: string;
  readonly id: string;
  readonly speaks: string | undefined;
  readonly textAnswers: boolean;
  readonly defaultAnswerTokens: number | undefined;
  readonly #dialect: Dialect;
  readonly #client: UpstreamClient;

  constructor(id: string, dialect: Dialect, settings: UpstreamSettings) {
    this.id = id;
    this.kind = dialect.kind;
    this.textAnswers = dialect.textAnswers ?? false;
    this.defaultAnswerTokens = dialect.defaultAnswerTokens;
    this.speaks = dialect.sendOn ? dialect.kind : undefined;
    this.#dialect = dialect;
    this.#client = new UpstreamClient(settings, {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...dialect.headers(settings.apiKey),
    });
  }

  async complete(call: ProviderCall): Promise<Json<ChatCompletion>> {
    try {
      const names = this.#namesFor(call);
      const bytes = successOf(await this.#post(call, names, false).collect(MAX_ANSWER));
      if (bytes.length === 0) throw broken('The upstream sent an empty answer.');
      const body = parse(bytes, 'something');
      const answer = this.#dialect.readAnswer(body, call.alias);
      if (names) return names.completion(Json.ofValue(answer));
      return Json.ofValue(this.#sendsOn(call) ? { ...answer, original_answer: body } : answer);
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  stream(call: ProviderCall): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const names = this.#namesFor(call);
    return names ? names.stream(this.#stream(call, names)) : this.#stream(call, null);
  }

  async *#stream(call: ProviderCall, names: ToolNames | null): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    const exchange = this.#post(call, names, true);
    let complete = false;
    try {
      await expectSuccess(exchange);
      const reader = this.#dialect.createReader(call.alias);
      const parser = new SseParser();
      const sendsOn = !names && this.#sendsOn(call);
      for (let done = false; !done; ) {
        const arrived = await exchange.read();
        done = arrived === null;
        const batch: Json<ChatCompletionChunk>[] = [];
        let failure: unknown;
        try {
          for (const payload of arrived ? parser.pushAll(arrived) : parser.flush()) {
            if (payload.equals(DONE)) done = true;
            if (payload.length === 0 || payload.equals(DONE)) continue;
            const event = parse(payload, 'an event');
            const read = reader.read(event);
            if (read.some(({ choices }) => choices.some(adds))) parser.progressed();
            const chunks = sendsOn ? withOriginal(read, event, call.alias) : read;
            for (const chunk of chunks) batch.push(Json.ofValue(chunk));
            done ||= reader.ended ?? false;
          }
        } catch (error) {
          failure = error;
        }
        // What came before a failure is the client's.
        if (batch.length > 0) yield batch;
        if (failure) throw failure;
      }
      if (!reader.finished) throw broken('The upstream ended its answer half-way.');
      complete = true;
    } catch (error) {
      throw toUpstreamError(error);
    } finally {
      if (complete) exchange.drain();
      else exchange.abort();
    }
  }

  async countTokens({ original, model, signal, timeouts }: CountCall): Promise<unknown> {
    if (!this.#dialect.toCount) throw new AppError('endpoint_not_supported');
    try {
      const exchange = this.#send(this.#dialect.toCount(original, model), signal, timeouts);
      return parse(successOf(await exchange.collect(MAX_SMALL_ANSWER)), 'something');
    } catch (error) {
      throw toUpstreamError(error);
    }
  }

  health(signal: AbortSignal): Promise<ProviderHealth> {
    return probe(this.#client.get(this.#dialect.healthPath, signal));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #post(call: ProviderCall, names: ToolNames | null, stream: boolean): Exchange {
    return this.#send(this.#toRequest(call, names, stream), call.signal, call.timeouts);
  }

  #send({ path, body, headers = {} }: DialectRequest, signal: AbortSignal, timeouts?: CallTimeouts): Exchange {
    return this.#client.post(path, Buffer.from(JSON.stringify(body)), signal, { timeouts, headers });
  }

  #sendsOn({ original, changes }: ProviderCall): boolean {
    return this.speaks !== undefined && original?.dialect === this.speaks && !('messages' in changes);
  }

  #namesFor({ request, changes }: ProviderCall): ToolNames | null {
    return ToolNames.of({ ...request.value, ...changes }, this.#dialect.toolNames);
  }

  /** The client's own request, unless the names in it have to be others. */
  #toRequest(call: ProviderCall, names: ToolNames | null, stream: boolean): DialectRequest {
    const { original, changes, model, onApplied, dropsUnsupported } = call;
    if (!names && original && this.#dialect.sendOn && this.#sendsOn(call)) {
      const maxTokens = changes.max_tokens;
      return this.#dialect.sendOn(original, model, stream, typeof maxTokens === 'number' ? maxTokens : null);
    }
    const { value } = call.request.with(changes);
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
