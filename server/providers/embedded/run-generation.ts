import { AnswerDiff, type AnswerSnapshot } from './answer-diff.ts';
import type { ContextPool, Lent } from './context-pool.ts';
import type { GenerationEvent, GenerationRequest, TokenCounts } from './engine-protocol.ts';
import { completionOptions, formatChat } from './format-chat.ts';
import type { FormattedChat, NativeAnswer, NativeResult, NativeToken } from './llama-binding.ts';

export interface GenerationHost {
  readonly pool: ContextPool;
  readonly contextSize: number;
  readonly grammarIsReadable: (grammar: string) => Promise<boolean>;
  readonly emit: (event: GenerationEvent) => void;
}

/** Markup that the chat parser removes. When the parser fails, raw text with this markup must not reach the client. */
const markup = /<\/?(think|tool_call)/;

/** Generates one answer, from the chat to its last event. */
export class Generation {
  readonly #host: GenerationHost;
  readonly #request: GenerationRequest;
  #diff = new AnswerDiff([]);
  #running: Lent | undefined;
  /** Whether the answer is parsed. Without a chat template it is not. */
  #parsed = true;
  #raw = '';
  #seen = 0;
  #cancelled = false;

  constructor(host: GenerationHost, request: GenerationRequest) {
    this.#host = host;
    this.#request = request;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#running?.context.stopCompletion();
  }

  /** Runs to the end. It emits `end` or `error` last, when its context is free again. Never rejects. */
  async run(): Promise<void> {
    const lent = this.#host.pool.take(JSON.stringify(this.#request.messages));
    let last: GenerationEvent;
    try {
      last = await this.#answer(lent);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // Only the text of the native error tells whether the template or a schema was at fault.
      last = this.#failure('rejected', message, /schema/i.test(message) ? this.#schemaField() : null);
    }
    this.#host.pool.give(lent);
    this.#host.emit(last);
  }

  async #answer(lent: Lent): Promise<GenerationEvent> {
    const { contextSize, grammarIsReadable } = this.#host;
    const chat = formatChat(lent.context, this.#request);
    const prompt = (await lent.context.tokenize(chat.prompt)).tokens.length;
    if (prompt + 1 > contextSize) {
      const message = `This model's maximum context length is ${contextSize} tokens. The prompt has ${prompt} tokens.`;
      return { ...this.#failure('overflow', message, 'messages'), size: { prompt, window: contextSize } };
    }
    if (chat.grammar !== '' && !(await grammarIsReadable(chat.grammar))) {
      const message = 'llama.cpp cannot read the grammar of this JSON schema.';
      return this.#failure('rejected', message, this.#schemaField());
    }
    if (this.#cancelled) return this.#end('cancelled', { prompt, cached: null, completion: 0 });

    this.#diff = new AnswerDiff([...this.#request.stop, ...chat.additional_stops]);
    this.#parsed = chat.chat_format !== 0;
    this.#host.emit({ id: this.#request.id, type: 'started' });
    const limit = Math.min(this.#request.maxTokens ?? Number.POSITIVE_INFINITY, contextSize - prompt);
    const result = await this.#complete(lent, chat, limit).catch((error: unknown) => String(error));
    if (typeof result !== 'string') return this.#finish(result, prompt, limit);
    await this.#host.pool.replace(lent);
    return this.#failure('broken', `llama.cpp failed: ${result}`, null);
  }

  async #complete(lent: Lent, chat: FormattedChat, limit: number): Promise<NativeResult> {
    const { sampling, messages } = this.#request;
    const options = { ...sampling, ...completionOptions(this.#request, chat), n_predict: limit };
    const onToken = (token: NativeToken): void => this.#take(token);
    // A cache changes how the prompt is split into batches, and with it the last digits of the logits.
    if ('seed' in sampling) lent.context.clearCache();
    let completion: Promise<NativeResult>;
    try {
      completion = lent.context.completion(options, onToken);
    } catch {
      await this.#host.pool.replace(lent);
      completion = lent.context.completion(options, onToken);
    }
    this.#running = lent;
    if (this.#cancelled) lent.context.stopCompletion();
    const result = await completion.finally(() => {
      this.#running = undefined;
    });
    // When the binding is stopped before the first token, it believes that it has read the prompt. The next chat with
    // the same beginning would then get nonsense.
    const unread = this.#cancelled && this.#seen === 0;
    if (unread) lent.context.clearCache();
    lent.text = unread ? '' : JSON.stringify(messages);
    return result;
  }

  #take(token: NativeToken): void {
    if (this.#running === undefined || this.#diff.stopped) return;
    this.#seen += 1;
    this.#raw += token.token;
    this.#send(this.#snapshot(token, this.#raw), false);
    if (this.#diff.stopped) this.#running.context.stopCompletion();
  }

  #finish(result: NativeResult, prompt: number, limit: number): GenerationEvent {
    const cached = Math.max(0, prompt - result.timings.prompt_n);
    const ended = result.stopped_eos;
    if (!this.#diff.stopped && !this.#cancelled) {
      this.#send(this.#snapshot(result, result.text), true);
      if (this.#diff.empty && result.text !== '' && !markup.test(result.text)) {
        this.#send({ content: result.text, reasoning: '', toolCalls: [] }, true);
      }
    }
    if (this.#diff.stopped) return this.#end('stop', { prompt, cached, completion: this.#seen });
    if (this.#cancelled) return this.#end('cancelled', { prompt, cached, completion: this.#seen });
    // The binding does not count the token that it samples together with the prompt's batch.
    const counted = result.tokens_predicted + (result.timings.prompt_n > 1 ? 1 : 0);
    const completion = ended || result.context_full ? Math.min(counted, limit) : limit;
    const finish = !ended ? 'length' : this.#diff.calledTools ? 'tool_calls' : 'stop';
    return this.#end(finish, { prompt, cached, completion });
  }

  #snapshot(answer: NativeAnswer, raw: string): AnswerSnapshot {
    return {
      content: this.#parsed ? (answer.content ?? '') : raw,
      reasoning: answer.reasoning_content ?? '',
      toolCalls: (answer.tool_calls ?? []).map((call) => call.function),
    };
  }

  #send(snapshot: AnswerSnapshot, last: boolean): void {
    const delta = this.#diff.next(snapshot, last);
    if (delta !== undefined) this.#host.emit({ id: this.#request.id, type: 'delta', ...delta });
  }

  #schemaField(): string | null {
    if (this.#request.schema !== null) return 'response_format';
    return this.#request.tools === null ? null : 'tools';
  }

  #end(finish: 'stop' | 'length' | 'tool_calls' | 'cancelled', tokens: TokenCounts): GenerationEvent {
    return { id: this.#request.id, type: 'end', finish, tokens };
  }

  #failure(failure: 'overflow' | 'rejected' | 'broken', message: string, param: string | null) {
    return { id: this.#request.id, type: 'error' as const, failure, message, param };
  }
}
