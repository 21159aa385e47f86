import { AnswerDiff, type AnswerSnapshot } from './answer-diff.ts';
import { cancelNative } from './cancel-native.ts';
import type { GenerationEvent, GenerationRequest, TokenCounts } from './engine-protocol.ts';
import type { FormattedChat, NativeContext, NativeResult, NativeToken } from './llama-binding.ts';

interface GenerationHost {
  readonly context: NativeContext;
  readonly contextSize: number;
  readonly grammarIsReadable: (grammar: string) => Promise<boolean>;
  readonly emit: (event: GenerationEvent) => void;
}

type Outcome = 'stop' | 'length' | 'tool_calls' | 'cancelled';

/** Markup that the chat parser takes out; when it could not parse an answer, the raw text must not leak it. */
const markup = /<\/?(think|tool_call)/;

/** One answer, from the chat to its last event. */
export class Generation {
  readonly #host: GenerationHost;
  readonly #request: GenerationRequest;
  #diff = new AnswerDiff([]);
  #requestId: number | undefined;
  #promptTokens = 0;
  #seen = 0;
  #raw = '';
  #cancelled = false;
  #ended = false;

  constructor(host: GenerationHost, request: GenerationRequest) {
    this.#host = host;
    this.#request = request;
  }

  async run(): Promise<void> {
    try {
      const chat = this.#format();
      const { context, contextSize } = this.#host;
      this.#promptTokens = (await context.tokenize(chat.prompt)).tokens.length;
      if (this.#promptTokens + 1 > contextSize) {
        const message = `The prompt has ${this.#promptTokens} tokens, and the window of the model is ${contextSize} tokens with the answer.`;
        return this.#fail('overflow', message, 'messages');
      }
      if (chat.grammar !== '' && !(await this.#host.grammarIsReadable(chat.grammar))) {
        return this.#fail(
          'rejected',
          'Its JSON schema makes a grammar that llama.cpp cannot read.',
          this.#schemaField(),
        );
      }
      if (this.#cancelled) return this.#end('cancelled', null);
      this.#start(chat);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // The native side says in words alone whether the template or a schema was at fault.
      this.#fail('rejected', message, /schema/i.test(message) ? this.#schemaField() : null);
    }
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#requestId !== undefined) void this.#stopNative('cancelled');
  }

  #format(): FormattedChat {
    return this.#host.context.getFormattedChat(this.#request.messages, undefined, this.#chatOptions());
  }

  #chatOptions(): Record<string, unknown> {
    const { tools, toolChoice, parallelToolCalls, schema, thinking } = this.#request;
    return {
      jinja: true,
      reasoning_format: 'auto',
      enable_thinking: thinking,
      // The binding's default is `none`, with which a tool call stays raw text.
      tool_choice: toolChoice,
      parallel_tool_calls: parallelToolCalls,
      ...(tools === null ? {} : { tools }),
      ...(schema === null ? {} : { response_format: { type: 'json_schema', json_schema: { schema } } }),
    };
  }

  #start(chat: FormattedChat): void {
    const { id, maxTokens, sampling, messages, stop } = this.#request;
    this.#diff = new AnswerDiff([...stop, ...chat.additional_stops]);
    const room = this.#host.contextSize - this.#promptTokens;
    this.#host.emit({ id, type: 'started' });
    const options = {
      ...sampling,
      n_predict: Math.min(maxTokens ?? room, room),
      // A grammar given by hand counts as the user's own and would have to match the generation prompt too; let the
      // binding format the chat again, so that it knows where the grammar comes from.
      ...(chat.grammar === '' ? { ...chat, reasoning_format: 'auto' } : { ...this.#chatOptions(), messages }),
    };
    this.#requestId = this.#host.context.queueCompletion(options, (error, result) => {
      if (this.#ended) return;
      if (error) this.#fail('broken', String(error));
      else if (result.token === undefined) this.#finish(result);
      else this.#take(result);
    }).requestId;
  }

  #take(token: NativeToken): void {
    this.#seen += 1;
    this.#raw += token.token;
    this.#send(this.#snapshot(token), false);
    if (this.#diff.stopped) void this.#stopNative('stop');
  }

  #finish(result: NativeResult): void {
    this.#send(this.#snapshot(result), true);
    if (this.#diff.empty && result.text !== '' && !markup.test(result.text)) {
      this.#send({ content: result.text, reasoning: '', toolCalls: [] }, true);
    }
    const full = result.stopped_limit || result.context_full;
    if (!full && !result.stopped_eos && !this.#diff.stopped) {
      this.#fail('broken', 'llama.cpp failed to decode.');
      return;
    }
    const outcome = this.#diff.stopped ? 'stop' : full ? 'length' : this.#diff.calledTools ? 'tool_calls' : 'stop';
    this.#end(outcome, result.timings.cache_n, this.#diff.stopped ? this.#seen : result.tokens_predicted);
  }

  #snapshot(answer: NativeToken | NativeResult): AnswerSnapshot {
    // Without a chat format (a model without a template) the answer is not parsed, and `content` is never there.
    const parsed = (answer.chat_format ?? 0) !== 0;
    const plain = parsed ? '' : answer.token === undefined ? answer.text : this.#raw;
    const toolCalls = (answer.tool_calls ?? []).map((call) => call.function);
    return { content: answer.content ?? plain, reasoning: answer.reasoning_content ?? '', toolCalls };
  }

  #send(snapshot: AnswerSnapshot, last: boolean): void {
    const delta = this.#diff.next(snapshot, last);
    if (delta !== undefined) this.#host.emit({ id: this.#request.id, type: 'delta', ...delta });
  }

  #schemaField(): string | null {
    if (this.#request.schema !== null) return 'response_format';
    return this.#request.tools === null ? null : 'tools';
  }

  /** The slot is free only after this; the last event says so. */
  async #stopNative(outcome: Outcome): Promise<void> {
    if (this.#ended || this.#requestId === undefined) return;
    this.#ended = true;
    await cancelNative(this.#host.context, this.#requestId);
    this.#ended = false;
    this.#end(outcome, null, this.#seen);
  }

  #end(finish: Outcome, cached: number | null, completion = 0): void {
    this.#ended = true;
    const tokens: TokenCounts = { prompt: this.#promptTokens, cached, completion };
    this.#host.emit({ id: this.#request.id, type: 'end', finish, tokens });
  }

  #fail(failure: 'overflow' | 'rejected' | 'broken', message: string, param: string | null = null): void {
    this.#ended = true;
    this.#host.emit({ id: this.#request.id, type: 'error', failure, message, param });
  }
}
