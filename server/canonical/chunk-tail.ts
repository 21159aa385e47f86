import { adds } from './is-token.ts';
import { Json } from './json.ts';

/** A chunk of a chat or of a legacy completion, whose choices are objects. */
interface TailChunk {
  readonly choices: { readonly index: number; finish_reason?: string | null | undefined }[];
  readonly usage?: unknown;
}

/**
 * Holds back the end of an answer until it is certain, since some upstreams send a finish reason in each of their
 * events and then go on. A chunk with a finish reason is held, with following chunks that add nothing. When the answer
 * goes on, the held chunks are sent without their reasons.
 */
export class ChunkTail<Chunk extends TailChunk> {
  #held: Json<Chunk>[] = [];
  /** The last finish reason of each choice. */
  readonly #reasons = new Map<number, string>();
  /** The last usage that was removed from a held chunk. */
  #usage: Json<Chunk> | null = null;

  /** Whether a chunk that adds to the answer must pass through here. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  reasonOf(index: number): string | null {
    return this.#reasons.get(index) ?? null;
  }

  /** The chunks that can be sent now. */
  pass(chunk: Json<Chunk>): Json<Chunk>[] {
    const { choices } = chunk.value;
    const ends = choices.filter(({ finish_reason: reason }) => reason);
    if (ends.length === 0 && !this.holds) return [chunk];
    const goesOn = choices.some((choice) => this.#reasons.has(choice.index) && (adds(choice) || choice.finish_reason));
    const before = goesOn ? this.release() : [];
    if (ends.length === 0 && (goesOn || choices.some(adds))) return [...before, chunk];
    for (const { index, finish_reason: reason } of ends) if (reason) this.#reasons.set(index, reason);
    if (ends.length === 0 || choices.length === 1) {
      this.#held.push(chunk);
      return before;
    }
    // Only the ended choices of the chunk are held; the others are sent now.
    this.#held.push(Json.ofValue({ ...chunk.value, choices: ends.map(withoutAddition) }));
    return choices.some(adds) ? [...before, chunk.assign({ choices: choices.map(withoutReason) })] : before;
  }

  /** The held chunks without their finish reasons: they were not the end, or the answer broke off after them. */
  release(): Json<Chunk>[] {
    const held = this.#held;
    this.#held = [];
    this.#reasons.clear();
    return held.flatMap((chunk) => {
      const { value } = chunk;
      if (value.choices.length === 0 && value.usage) this.#usage = chunk;
      if (!value.choices.some(adds)) return [];
      return [chunk.assign({ choices: value.choices.map(withoutReason), original_event: undefined })];
    });
  }

  /** The held chunks, in order: the end of the answer. `settle` decides how each choice ends. */
  end(settle: (index: number, reason: string) => Settled = (_, reason) => ({ reason, before: null })): Json<Chunk>[] {
    const held = this.#held;
    this.#held = [];
    const counted = held.some(({ value }) => value.usage);
    const settled = held.flatMap((chunk) => settleChunk(chunk, settle));
    return this.#usage && !counted ? [...settled, this.#usage] : settled;
  }
}

/** How a choice ends. */
interface Settled {
  readonly reason: string;
  /** A choice to be sent before the end; null when there is none. */
  readonly before: object | null;
}

function settleChunk<Chunk extends TailChunk>(
  chunk: Json<Chunk>,
  settle: (index: number, reason: string) => Settled,
): Json<Chunk>[] {
  const { choices } = chunk.value;
  const before: object[] = [];
  let changed = false;
  const ended = choices.map((choice) => {
    const { index, finish_reason: given } = choice;
    if (!given) return choice;
    const { reason, before: rest } = settle(index, given);
    if (rest) before.push(rest);
    if (reason === given) return choice;
    changed = true;
    return { ...choice, finish_reason: reason };
  });
  if (before.length === 0) return [changed ? chunk.assign({ choices: ended }) : chunk];
  const head = { ...chunk.value, usage: undefined, original_event: undefined };
  return [
    ...(choices.some(adds) ? [Json.ofValue({ ...head, choices: choices.map(withoutReason) })] : []),
    Json.ofValue({ ...head, choices: before }),
    Json.ofValue({ ...chunk.value, choices: ended.map(withoutAddition) }),
  ];
}

const withoutReason = <Choice extends object>(choice: Choice): Choice => ({
  ...choice,
  finish_reason: null,
  ...('native_finish_reason' in choice ? { native_finish_reason: undefined } : {}),
});

const withoutAddition = <Choice extends object>(choice: Choice): Choice => ({
  ...choice,
  ...('delta' in choice ? { delta: {} } : { text: '' }),
});
