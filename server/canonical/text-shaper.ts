import type { TextCompletion } from '../../contracts/completions/text-completion.ts';
import { broken, joinText, MAX_CHOICES, shapeReason } from './chunk-fields.ts';
import { usageChanges } from './chunk-shaper.ts';
import { ChunkTail } from './chunk-tail.ts';
import { createdNow } from './chunk-writer.ts';
import { newId } from './ids.ts';
import { isRecord, Json } from './json.ts';

type Fields = Record<string, unknown>;

/** The text of a choice. Some servers answer as they answer chats. */
function textIn({ text, delta, message }: Fields): unknown {
  if (text != null) return joinText(text);
  const held = delta ?? message;
  return isRecord(held) ? joinText(held.content) : null;
}

/** Corrects the types of one choice, in place. True when something changed. Throws `upstream_broken`. */
function shapeChoice(choice: unknown, place: number): boolean {
  if (!isRecord(choice)) throw broken('The upstream sent a malformed choice.');
  const { index: said, logprobs, finish_reason: given } = choice;
  const text = textIn(choice);
  if (text != null && typeof text !== 'string')
    throw broken("The upstream's answer has a 'text' that is not a string.");
  const index = typeof said === 'number' && Number.isInteger(said) && said >= 0 ? said : place;
  const reason = shapeReason(choice);
  const changed =
    index !== said ||
    text == null ||
    text !== choice.text ||
    (logprobs != null && !isRecord(logprobs)) ||
    reason !== (given ?? null);
  if (changed) {
    const sound = isRecord(logprobs) ? logprobs : null;
    Object.assign(choice, { index, text: text ?? '', finish_reason: reason, logprobs: sound });
  }
  return changed;
}

/** The changes to a legacy completion, whole or a chunk. Its choices are changed in place. */
function changesIn(value: unknown): Fields {
  if (!isRecord(value)) throw broken('The upstream sent an answer that is not an object.');
  const { id, object, created, choices } = value;
  const changes = usageChanges(value, {});
  if (choices == null) changes.choices = [];
  else if (!Array.isArray(choices)) throw broken("The upstream's answer has 'choices' that are not a list.");
  else if (choices.map(shapeChoice).includes(true)) changes.choices = choices;
  if (typeof id !== 'string' || id === '') changes.id = newId('cmpl-');
  if (object !== 'text_completion') changes.object = 'text_completion';
  if (typeof created !== 'number') changes.created = createdNow();
  return changes;
}

const apply = (came: Json<TextCompletion>): Json<TextCompletion> => {
  const changes = changesIn(came.value);
  return Object.keys(changes).length > 0 ? came.assign(changes) : came;
};

/** A whole legacy completion that clients can rely on. Throws `upstream_broken`. */
export function shapeTextCompletion(came: Json<TextCompletion>): Json<TextCompletion> {
  const shaped = apply(came);
  const { choices } = shaped.value;
  if (choices.length === 0) throw broken('The upstream sent an answer without choices.');
  if (choices.length > MAX_CHOICES) throw broken('The upstream sent more choices than an answer can hold.');
  if (choices.every(({ finish_reason: reason }) => reason)) return shaped;
  // An answer that was not streamed is complete, even when it does not say why it ended.
  const ended = choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason || 'stop' }));
  return shaped.assign({ choices: ended });
}

/** Does for legacy completions what `ChunkShaper` does for chats. They only have text. */
export class TextShaper {
  readonly #tail = new ChunkTail<TextCompletion>();
  readonly #seen = new Set<number>();
  /** Whether any choice had the field `finish_reason`, even if it was null. */
  #knowsReasons = false;

  get holds(): boolean {
    return this.#tail.holds;
  }

  shape(came: Json<TextCompletion>): Json<TextCompletion>[] {
    const given: unknown = came.value.choices;
    if (Array.isArray(given) && given.some((one) => isRecord(one) && 'finish_reason' in one)) this.#knowsReasons = true;
    const shaped = apply(came);
    for (const { index } of shaped.value.choices) this.#seen.add(index);
    if (this.#seen.size > MAX_CHOICES) throw broken('The upstream sent more choices than an answer can hold.');
    return this.#tail.pass(shaped);
  }

  end(isMarked = false): Json<TextCompletion>[] {
    if (this.#seen.size === 0) throw broken('The upstream sent an empty answer.');
    const open = [...this.#seen].filter((index) => !this.#tail.reasonOf(index));
    if (open.length > 0 && (!isMarked || this.#knowsReasons)) {
      throw broken('The upstream ended its answer without a finish reason.');
    }
    const choices = open.map((index) => ({ index, text: '', logprobs: null, finish_reason: 'stop' }));
    const head = { id: newId('cmpl-'), object: 'text_completion' as const, created: createdNow(), model: '' };
    const last = open.length > 0 ? this.#tail.pass(Json.ofValue({ ...head, choices })) : [];
    return [...last, ...this.#tail.end()];
  }

  rest(): Json<TextCompletion>[] {
    return this.#tail.release();
  }
}
