import { randomBytes } from 'node:crypto';
import type { ChatCompletionChunk, ChatDelta, Usage } from '../../../contracts/chat/completion.ts';
import { AppError } from '../../errors/app-error.ts';
import type { GenerationEvent, TokenCounts, ToolCallPiece } from './engine-protocol.ts';

/** Writes the events of one generation as OpenAI's chunks. */
export class ChunkWriter {
  readonly #head: Pick<ChatCompletionChunk, 'id' | 'object' | 'created' | 'model'>;

  constructor(model: string) {
    const created = Math.floor(Date.now() / 1000);
    this.#head = { id: randomId('chatcmpl-'), object: 'chat.completion.chunk', created, model };
  }

  /** Throws the AppError that an `error` event stands for. */
  write(event: GenerationEvent): ChatCompletionChunk[] {
    if (event.type === 'started') return [this.#chunk({ role: 'assistant', content: '' })];
    if (event.type === 'delta') {
      return [
        ...(event.reasoning === '' ? [] : [this.#chunk({ reasoning_content: event.reasoning })]),
        ...(event.content === '' ? [] : [this.#chunk({ content: event.content })]),
        ...(event.toolCalls.length === 0 ? [] : [this.#chunk({ tool_calls: event.toolCalls.map(toToolCallDelta) })]),
      ];
    }
    if (event.type === 'end') {
      return [this.#chunk({}, event.finish), { ...this.#head, choices: [], usage: toUsage(event.tokens) }];
    }
    throw toError(event);
  }

  #chunk(delta: ChatDelta, finishReason: string | null = null): ChatCompletionChunk {
    return { ...this.#head, choices: [{ index: 0, delta, finish_reason: finishReason }] };
  }
}

function toToolCallDelta({
  index,
  name,
  arguments: args,
}: ToolCallPiece): NonNullable<ChatDelta['tool_calls']>[number] {
  if (name === undefined) return { index, function: { arguments: args } };
  return { index, id: randomId('call_'), type: 'function', function: { name, arguments: args } };
}

function toUsage({ prompt, completion, cached }: TokenCounts): Usage {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === null ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

function toError({ failure, message, param }: Extract<GenerationEvent, { type: 'error' }>): AppError {
  if (failure === 'broken') return new AppError('upstream_broken', message);
  if (param === null) return new AppError('upstream_rejected', message);
  return new AppError(failure === 'overflow' ? 'context_length_exceeded' : 'invalid_field', message, { param });
}

function randomId(prefix: string): string {
  return prefix + randomBytes(12).toString('hex');
}
