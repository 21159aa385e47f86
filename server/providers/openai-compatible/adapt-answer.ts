import type { ChatCompletion, ChatCompletionChunk, Usage } from '../../../contracts/chat/completion.ts';
import { isObject, type Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import type { Quirks } from './quirks.ts';

type Answer = ChatCompletion | ChatCompletionChunk;
type Choice = Answer['choices'][number];

/** The text of a part: its own, or that of the parts inside it. */
function textOf(part: unknown): string {
  if (!isObject(part)) return '';
  if (typeof part.text === 'string') return part.text;
  return Array.isArray(part.thinking) ? part.thinking.map(textOf).join('') : '';
}

/** A list of parts becomes text and reasoning. True when it was one. */
export function joinParts(holder: Record<string, unknown>): boolean {
  const { content } = holder;
  if (!Array.isArray(content)) return false;
  const [thinking, text] = [true, false].map((wanted) =>
    content
      .filter((part) => (isObject(part) && part.type === 'thinking') === wanted)
      .map(textOf)
      .join(''),
  );
  holder.content = text;
  if (thinking) holder.reasoning_content = thinking;
  return true;
}

/** What the fields are called of which any makes a chunk worth a closer look. */
function signsOf({ contentParts, finishReasons, failures, choiceErrors, cachedTokens }: Quirks): string[] {
  return [
    ...(contentParts ? ['thinking', 'text'] : []),
    ...(finishReasons || failures ? ['finish_reason'] : []),
    ...(choiceErrors ? ['error'] : []),
    ...(cachedTokens ? [cachedTokens] : []),
  ];
}

/** Turns answers into what OpenAI would have sent. */
export class AnswerAdapter {
  readonly #quirks: Quirks;
  readonly #signs: readonly string[];

  private constructor(quirks: Quirks, signs: readonly string[]) {
    this.#quirks = quirks;
    this.#signs = signs;
  }

  /** Null when no quirk concerns answers: then none is looked at. */
  static create(quirks: Quirks): AnswerAdapter | null {
    const signs = signsOf(quirks);
    return signs.length > 0 ? new AnswerAdapter(quirks, signs) : null;
  }

  /** The same object when nothing had to change. Throws when it says that the upstream failed. */
  chunk(came: Json<ChatCompletionChunk>): Json<ChatCompletionChunk> {
    if (!this.#concerns(came) || !this.#adapt(came.value)) return came;
    const { choices, usage } = came.value;
    return came.assign({ choices, ...(usage ? { usage } : {}) });
  }

  /** The same for a whole answer. */
  completion(came: Json<ChatCompletion>): Json<ChatCompletion> {
    if (!this.#concerns(came) || !this.#adapt(came.value)) return came;
    const { choices, usage } = came.value;
    return came.assign({ choices, ...(usage ? { usage } : {}) });
  }

  #concerns(came: Json<ChatCompletion> | Json<ChatCompletionChunk>): boolean {
    return this.#signs.some((sign) => came.mentions(sign));
  }

  #adapt({ choices, usage }: Answer): boolean {
    let changed = this.#countCached(usage);
    for (const choice of choices ?? []) if (this.#adaptChoice(choice)) changed = true;
    return changed;
  }

  #adaptChoice(choice: Choice): boolean {
    const { contentParts, finishReasons, failures, choiceErrors } = this.#quirks;
    if (choiceErrors && choice.error) throw readErrorEvent(choice);
    const holder: unknown = 'delta' in choice ? choice.delta : choice.message;
    const joined = Boolean(contentParts && isObject(holder) && joinParts(holder));
    const reason = choice.finish_reason;
    if (!reason) return joined;
    const failure = failures?.[reason];
    if (failure) throw new AppError(failure, 'The upstream failed while answering.');
    const known = finishReasons?.[reason];
    if (!known) return joined;
    choice.finish_reason = known;
    choice.native_finish_reason = reason;
    return true;
  }

  #countCached(usage: Usage | null | undefined): boolean {
    const { cachedTokens } = this.#quirks;
    const cached = cachedTokens && usage?.[cachedTokens];
    if (!usage || typeof cached !== 'number' || usage.prompt_tokens_details?.cached_tokens != null) return false;
    usage.prompt_tokens_details = { ...usage.prompt_tokens_details, cached_tokens: cached };
    return true;
  }
}
