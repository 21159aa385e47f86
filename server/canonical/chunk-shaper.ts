import type { ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { type CallOptions, ChunkCalls } from './chunk-calls.ts';
import { broken, holderIn, MAX_CHOICES, shapeCalls, shapeReason, shapeTexts, soundReason } from './chunk-fields.ts';
import { ChunkTail } from './chunk-tail.ts';
import { soundUsage } from './chunk-usage.ts';
import { createdNow } from './chunk-writer.ts';
import { newId } from './ids.ts';
import { isRecord, Json } from './json.ts';

type Fields = Record<string, unknown>;

export interface ShaperOptions extends CallOptions {
  /** How many choices the client asked for. It is called when a choice is not the first. */
  choices(): number;
  /**
   * Repairs the deviations of an upstream in a choice and in its delta or message, before they are checked. True when
   * something changed.
   */
  readonly repair?: ((choice: Fields, holder: Fields) => boolean) | undefined;
  /** Repairs the deviations of an upstream in the usage. True when something changed. */
  readonly repairUsage?: ((usage: unknown) => boolean) | undefined;
}

/** The fields to set so that the usage of a chunk or an answer has the right types. */
export function usageChanges({ usage }: Fields, { repairUsage }: Pick<ShaperOptions, 'repairUsage'>): Fields {
  if (usage == null) return {};
  const repaired = repairUsage?.(usage) ?? false;
  const sound = soundUsage(usage);
  return repaired || sound !== usage ? { usage: sound } : {};
}

/** The state of one choice of a stream. */
interface ShapedChoice {
  readonly calls: ChunkCalls;
  /** Whether the choice has OpenAI's older `function_call`. */
  calledOldWay: boolean;
}

/**
 * Makes the chunks of one stream reliable for clients, whatever the upstream sent: every field has its type, each call
 * has one id and one name, the usage has whole numbers or is absent, and each choice has one finish reason, at the end.
 * A chunk that needs no correction stays the bytes that came. Data that cannot be understood throws `upstream_broken`.
 */
export class ChunkShaper {
  readonly #options: ShaperOptions;
  readonly #choices = new Map<number, ShapedChoice>();
  /** The upstream's number of a choice → our number. */
  readonly #numbers = new Map<number, number>();
  readonly #tail = new ChunkTail<ChatCompletionChunk>();
  #id: string | undefined;
  #created: number | undefined;
  /** Whether any choice had the field `finish_reason`, even if it was null. */
  #knowsReasons = false;

  constructor(options: ShaperOptions) {
    this.#options = options;
  }

  /** Whether even a chunk with text only must pass through here, because the end of the answer is held back. */
  get holds(): boolean {
    return this.#tail.holds;
  }

  /** The chunks that can be sent now. The value of `came` may be changed in place. */
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

  /**
   * The end of the answer. Throws `upstream_broken` when the answer is incomplete. `isMarked`: the upstream has said that
   * it ends. For a server that has no finish reasons at all, that is enough.
   */
  end(isMarked = false): Json<ChatCompletionChunk>[] {
    if (this.#choices.size === 0) throw broken('The upstream sent an empty answer.');
    const open = [...this.#choices.keys()].filter((index) => !this.#tail.reasonOf(index));
    if (open.length > 0 && (!isMarked || this.#knowsReasons)) {
      throw broken('The upstream ended its answer without a finish reason.');
    }
    return [...this.#supplyReasons(open), ...this.#endTail()];
  }

  /** Ends the choices of a server that has no finish reasons. */
  #supplyReasons(open: readonly number[]): Json<ChatCompletionChunk>[] {
    if (open.length === 0) return [];
    const choices = open.map((index) => ({ index, delta: {}, finish_reason: 'stop' }));
    const head = { id: this.#id ?? newId('chatcmpl-'), created: this.#created ?? createdNow() };
    return this.#tail.pass(Json.ofValue({ ...head, object: 'chat.completion.chunk', model: '', choices }));
  }

  #endTail(): Json<ChatCompletionChunk>[] {
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
    if ('finish_reason' in choice) this.#knowsReasons = true;
    // Some servers send choices in the form of a whole answer, in their last chunk or in all of them.
    const delta = holderIn(choice, ['delta', 'message']) ?? {};
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
    const sound = shapeReason(choice);
    if (sound === null && reason === '') choice.finish_reason = null;
    if (reason != null && sound !== reason) changed = true;
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

  /**
   * Our number of a choice. Choices are numbered from 0; when one choice was asked for, the first one that comes is it.
   */
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
