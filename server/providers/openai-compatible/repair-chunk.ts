import { randomUUID } from 'node:crypto';
import type { ChatCompletion, ChatCompletionChunk, ToolCallDelta } from '../../../contracts/chat/completion.ts';
import type { Json } from '../../canonical/json.ts';
import type { AnswerAdapter } from './adapt-answer.ts';
import { mayHoldImages, repairImages } from './repair-images.ts';

type Choice = ChatCompletionChunk['choices'][number];

/** Upstreams say either; clients read either: both are sent. */
function mirrorReasoning(holder: Record<string, unknown>): boolean {
  const { reasoning, reasoning_content: content } = holder;
  if (typeof reasoning === 'string' && content == null) holder.reasoning_content = reasoning;
  else if (typeof content === 'string' && reasoning == null) holder.reasoning = content;
  else return false;
  return true;
}

const REPAIRED = ['tool_calls', 'reasoning', 'reasoning_content'];

const newCallId = () => `call_${randomUUID().replaceAll('-', '')}`;

/** The tool calls of one choice of one stream: gives each call its own index and an id, once. */
class ToolCalls {
  /** Upstream index → the index that clients see, for the call that is open there. */
  readonly #open = new Map<number, { index: number; id: string }>();
  #count = 0;

  /** True when the delta had to be changed. */
  repair(delta: ToolCallDelta): boolean {
    const said = typeof delta.index === 'number' ? delta.index : 0;
    const open = this.#open.get(said);
    const name = delta.function?.name;
    const starts = !open || (typeof delta.id === 'string' && delta.id !== '' && delta.id !== open.id && Boolean(name));
    if (!starts) {
      const changed = delta.index !== open.index;
      delta.index = open.index;
      return changed;
    }
    const call = { index: this.#count++, id: delta.id || newCallId() };
    this.#open.set(said, call);
    const changed = delta.index !== call.index || delta.id !== call.id || delta.type !== 'function';
    delta.index = call.index;
    delta.id = call.id;
    delta.type ??= 'function';
    return changed;
  }
}

/**
 * Makes the chunks of one stream what clients rely on: reasoning under both of its names, and tool calls with their
 * own index and an id (some upstreams send index 0 for all, or lose ids), and pictures as `images`. Text chunks are not even parsed.
 */
export class ChunkRepair {
  readonly textField = 'content';
  readonly #calls = new Map<number, ToolCalls>();
  readonly #adapter: AnswerAdapter | null;

  constructor(adapter: AnswerAdapter | null) {
    this.#adapter = adapter;
  }

  repair(came: Json<ChatCompletionChunk>): Json<ChatCompletionChunk> {
    const chunk = this.#adapter ? this.#adapter.chunk(came) : came;
    if (!REPAIRED.some((field) => chunk.mentions(field)) && !mayHoldImages(chunk)) return chunk;
    const { value } = chunk;
    let changed = false;
    for (const choice of value.choices ?? []) if (this.#repairChoice(choice)) changed = true;
    return changed ? chunk.assign({ choices: value.choices }) : chunk;
  }

  #repairChoice(choice: Choice): boolean {
    if (!choice.delta) return false;
    let changed = mirrorReasoning(choice.delta);
    if (repairImages(choice.delta)) changed = true;
    if (!choice.delta.tool_calls) return changed;
    const calls = this.#calls.get(choice.index) ?? new ToolCalls();
    this.#calls.set(choice.index, calls);
    for (const delta of choice.delta.tool_calls) if (calls.repair(delta)) changed = true;
    return changed;
  }
}

/** The same for a whole answer. */
export function repairCompletion(completion: Json<ChatCompletion>): Json<ChatCompletion> {
  const { choices } = completion.value;
  let changed = false;
  for (const { message } of choices) {
    if (!message) continue;
    if (mirrorReasoning(message)) changed = true;
    if (repairImages(message)) changed = true;
    for (const call of message.tool_calls ?? []) {
      if (call.id) continue;
      call.id = newCallId();
      call.type ??= 'function';
      changed = true;
    }
  }
  return changed ? completion.assign({ choices }) : completion;
}
