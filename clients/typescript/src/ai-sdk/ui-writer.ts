import type { TurnChunk } from '../router-types.ts';
import { parseInput } from './tool-input.ts';
import type { FinishReason, UiChunk } from './ui-types.ts';

interface Call {
  readonly id: string;
  readonly name: string;
  input: string;
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
};

/** Known fields of chunks only: what an upstream adds comes as it is. */
interface Extras {
  readonly reasoning?: unknown;
  readonly images?: readonly { readonly image_url?: { readonly url?: unknown } | null }[] | null;
}

export const mediaTypeOf = (url: string): string => /^data:([^;,]+)/.exec(url)?.[1] ?? 'image/png';

/** The chunks of one answer as those of the AI SDK. */
export class UiWriter {
  #open: { readonly type: 'text' | 'reasoning'; readonly id: string } | undefined;
  #count = 0;
  #reason: FinishReason = 'other';
  #usage: unknown;
  readonly #calls = new Map<number, Call>();

  *add(chunk: TurnChunk): Generator<UiChunk, void, void> {
    this.#usage = chunk.usage ?? this.#usage;
    const [choice] = chunk.choices;
    if (!choice) return;
    const { delta } = choice;
    const { reasoning, images }: Extras = delta;
    const thought = delta.reasoning_content ?? reasoning;
    if (typeof thought === 'string' && thought !== '') yield* this.#say('reasoning', thought);
    if (delta.content) yield* this.#say('text', delta.content);
    for (const image of images ?? []) {
      const url = image.image_url?.url;
      if (typeof url !== 'string') continue;
      yield* this.close();
      yield { type: 'file', mediaType: mediaTypeOf(url), url };
    }
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      let call = this.#calls.get(index);
      if (!call) {
        call = { id: id ?? `call-${index}`, name: called?.name ?? '', input: '' };
        this.#calls.set(index, call);
        yield* this.close();
        yield { type: 'tool-input-start', toolCallId: call.id, toolName: call.name };
      }
      const inputTextDelta = called?.arguments ?? '';
      call.input += inputTextDelta;
      if (inputTextDelta) yield { type: 'tool-input-delta', toolCallId: call.id, inputTextDelta };
    }
    if (choice.finish_reason) this.#reason = REASONS[choice.finish_reason] ?? 'other';
  }

  /** Ends the part that is open. */
  *close(): Generator<UiChunk, void, void> {
    if (this.#open) yield { type: `${this.#open.type}-end`, id: this.#open.id };
    this.#open = undefined;
  }

  *end(metadata: object): Generator<UiChunk, void, void> {
    yield* this.close();
    for (const { id, name, input } of this.#calls.values()) yield parseInput(id, name, input);
    yield { type: 'finish-step' };
    const usage = this.#usage ? { usage: this.#usage } : {};
    yield { type: 'finish', finishReason: this.#reason, messageMetadata: { ...metadata, ...usage } };
  }

  /** A part of another kind ends the one before. */
  *#say(type: 'text' | 'reasoning', delta: string): Generator<UiChunk, void, void> {
    if (this.#open?.type !== type) {
      yield* this.close();
      this.#open = { type, id: `${type}-${this.#count++}` };
      yield { type: `${type}-start`, id: this.#open.id };
    }
    yield { type: `${type}-delta`, id: this.#open.id, delta };
  }
}
