import type { ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { type CallOptions, ChunkCalls } from './chunk-calls.ts';
import { broken, MAX_CHOICES, readReason, shapeCalls, shapeTexts, soundReason } from './chunk-fields.ts';
import { ChunkTail } from './chunk-tail.ts';
import { soundUsage } from './chunk-usage.ts';
import { createdNow } from './chunk-writer.ts';
import { newId } from './ids.ts';
import { isRecord, type Json } from './json.ts';

type Fields = Record<string, unknown>;

export interface ShaperOptions extends CallOptions {
  /** How many answers were asked for; asked when a choice is not the first. */
  choices(): number;
  /**
   * What is peculiar to an upstream, put right in a choice and in its delta or message before they are looked at. True
   * when something changed.
   */
  readonly repair?: ((choice: Fields, holder: Fields) => boolean) | undefined;
  /** The same for the usage. */
  readonly repairUsage?: ((usage: unknown) => boolean) | undefined;
}

/** The usage in a chunk or an answer, held to its types: the fields to be set. */
export function usageChanges({ usage }: Fields, { repairUsage }: Pick<ShaperOptions, 'repairUsage'>): Fields {
  if (usage == null) return {};
  const repaired = repairUsage?.(usage) ?? false;
  const sound = soundUsage(usage);
  return repaired || sound !== usage ? { usage: sound } : {};
}

/** The state of one choice of a stream. */
interface ShapedChoice {
  readonly calls: ChunkCalls;
  /** Whether it had OpenAI's older `function_call`. */
  calledOldWay: boolean;
}

/**
 * Makes the chunks of one stream what clients rely on, whatever the upstream sent: every field of its type, each call
 * with one id and one name, usage in whole numbers or none, and one finish reason for each choice, at the end. What is
 * sound already stays the bytes that came. What cannot be understood is `upstream_broken`.
 */
export class ChunkShaper {
  readonly #options: ShaperOptions;
  readonly #choices = new Map<number, ShapedChoice>();
  /** The upstream's number of a choice → ours. */
  readonly #numbers = new Map<number, number>();
  readonly #tail = new ChunkTail<ChatCompletionChunk>();
  #id: string | undefined;
  #created: number | undefined;

  constructor(options: ShaperOptions) {
    this.#options = options;
  }

  /** Whether a chunk of text alone must pass here, because the end is held back. */
  get holds(): boolean {
    return this.#tail.holds;
  }

  /** What may be given out of a chunk now. Its value may be changed in place. */
  shape(came: Json<ChatCompletionChunk>): Json<ChatCompletionChunk>[] {
    const value: unknown = came.value;
    if (!isRecord(value)) throw broken('The upstream sent an event that is not an object.');
    const changes = { ...this.#headOf(value), ...usageChanges(value, this.#options) };
    const { choices } = value;
    if (choices == null) changes.choices = [];
    else if (!Array.isArray(choices)) throw broken("The upstream's answer has 'choices' that are not a list.");
    else if (this.#shapeChoices(choices)) changes.choices = choices;
    return this.#tail.pass(Object.keys(changes).length > 0 ? came.assign(changes) : came);
  }

  /** The end of the answer. Throws `upstream_broken` when it is not whole. */
  end(): Json<ChatCompletionChunk>[] {
    if (this.#choices.size === 0) throw broken('The upstream sent an empty answer.');
    for (const index of this.#choices.keys()) {
      if (!this.#tail.reasonOf(index)) throw broken('The upstream ended its answer without a finish reason.');
    }
    return this.#tail.end((index, reason) => {
      const { calls, calledOldWay } = this.#choice(index);
      const pieces = calls.finish(reason);
      const before = pieces.length > 0 ? { index, delta: { tool_calls: pieces }, finish_reason: null } : null;
      return { reason: soundReason(reason, calls.count, calledOldWay), before };
    });
  }

  /** The chunks that were held back when the stream broke off. */
  rest(): Json<ChatCompletionChunk>[] {
    return this.#tail.release();
  }

  #headOf({ id, object, created }: Fields): Fields {
    const changes: Fields = {};
    if (typeof id === 'string' && id !== '') this.#id ??= id;
    else changes.id = this.#id ??= newId('chatcmpl-');
    if (typeof created === 'number') this.#created ??= created;
    else changes.created = this.#created ??= createdNow();
    if (object !== 'chat.completion.chunk') changes.object = 'chat.completion.chunk';
    return changes;
  }

  #shapeChoices(choices: readonly unknown[]): boolean {
    let changed = false;
    for (const [place, choice] of choices.entries()) {
      if (!isRecord(choice)) throw broken('The upstream sent a malformed choice.');
      if (this.#shapeChoice(choice, place)) changed = true;
    }
    return changed;
  }

  #shapeChoice(choice: Fields, place: number): boolean {
    const { index: said, delta: given, finish_reason: reason, logprobs } = choice;
    const index = this.#indexOf(said, place);
    // Some servers answer in the form of a whole answer, at the end or all along.
    const delta = given ?? choice.message ?? {};
    if (!isRecord(delta)) throw broken('The upstream sent a malformed delta.');
    let changed = index !== said || delta !== given;
    Object.assign(choice, { index, delta });
    if (this.#options.repair?.(choice, delta)) changed = true;
    if (shapeTexts(delta)) changed = true;
    if (delta.role != null && typeof delta.role !== 'string') {
      delta.role = 'assistant';
      changed = true;
    }
    if (logprobs != null && !isRecord(logprobs)) {
      choice.logprobs = null;
      changed = true;
    }
    const known = this.#choice(index);
    if (shapeCalls(delta, known.calls)) changed = true;
    if (isRecord(delta.function_call)) known.calledOldWay = true;
    const sound = readReason(choice.finish_reason);
    if (sound === null && reason === '') {
      choice.finish_reason = null;
      changed = true;
    }
    return changed;
  }

  #choice(index: number): ShapedChoice {
    const known = this.#choices.get(index);
    if (known) return known;
    if (this.#choices.size >= MAX_CHOICES) throw broken('The upstream sent more choices than an answer can hold.');
    const choice = { calls: new ChunkCalls(this.#options), calledOldWay: false };
    this.#choices.set(index, choice);
    return choice;
  }

  /** Choices are numbered from 0; where one answer was asked for, the first that comes is it. */
  #indexOf(said: unknown, place: number): number {
    const isNumber = typeof said === 'number' && Number.isInteger(said) && said >= 0 && said < MAX_CHOICES;
    if (!isNumber) return place;
    const known = this.#numbers.get(said);
    if (known !== undefined) return known;
    const index = said > this.#numbers.size && this.#options.choices() <= 1 ? this.#numbers.size : said;
    this.#numbers.set(said, index);
    return index;
  }
}
