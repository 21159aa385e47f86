import type { ChatCompletionChunk, ChatDelta, Usage } from '../../../contracts/chat/completion.ts';
import { ChunkWriter } from '../../canonical/chunk-writer.ts';
import { newId } from '../../canonical/ids.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { GenerationEvent, TokenCounts, ToolCallPiece } from './engine-protocol.ts';

/** Translates the events of one generation to chunks. */
export class GenerationReader {
  readonly #writer: ChunkWriter;

  constructor(model: string) {
    this.#writer = new ChunkWriter(model);
  }

  /** Throws an AppError for an `error` event. */
  read(event: GenerationEvent): ChatCompletionChunk[] {
    if (event.type === 'started') return [this.#writer.delta({ role: 'assistant', content: '' })];
    if (event.type === 'delta') {
      return [
        ...(event.reasoning === ''
          ? []
          : [this.#writer.delta({ reasoning_content: event.reasoning, reasoning: event.reasoning })]),
        ...(event.content === '' ? [] : [this.#writer.delta({ content: event.content })]),
        ...(event.toolCalls.length === 0
          ? []
          : [this.#writer.delta({ tool_calls: event.toolCalls.map(toToolCallDelta) })]),
      ];
    }
    if (event.type === 'end') {
      return [this.#writer.finish(event.finish), this.#writer.usage(toUsage(event.tokens))];
    }
    throw toError(event);
  }
}

function toToolCallDelta({
  index,
  name,
  arguments: args,
}: ToolCallPiece): NonNullable<ChatDelta['tool_calls']>[number] {
  if (name === undefined) return { index, function: { arguments: args } };
  return { index, id: newId('call_'), type: 'function', function: { name, arguments: args } };
}

function toUsage({ prompt, completion, cached }: TokenCounts): Usage {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(cached === null ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
  };
}

function toError({ failure, message, param, size }: Extract<GenerationEvent, { type: 'error' }>): AppError {
  if (failure === 'broken') return new AppError('upstream_broken', message);
  if (param === null) return new AppError('upstream_rejected', message);
  if (failure !== 'overflow') return invalidField(param, message);
  const overflow = size && { ...size, answer: null };
  return new AppError('context_length_exceeded', message, { param, overflow });
}
