import type { ErrorCode } from '../../../contracts/errors.ts';
import type { NameRuleName } from '../tool-names.ts';

/**
 * Where an upstream departs from OpenAI's chat completions: data, in a closed vocabulary. What is left out is as OpenAI
 * has it, and costs nothing.
 */
export interface Quirks {
  /** Request fields that have another name there. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Request fields that it refuses and that change nothing about the answer. */
  readonly drop?: readonly string[];
  /** Request fields that it would ignore, with the values that mean nothing; any other value is `invalid_field`. */
  readonly refuse?: Readonly<Record<string, readonly unknown[]>>;
  readonly toolChoice?: {
    /** `omit-tools`: what is not offered cannot be called. */
    readonly none?: 'omit-tools';
    /** It does not obey: `invalid_field`. */
    readonly required?: 'refuse';
    /** `narrow`: only that tool is offered, and required. `refuse`: `invalid_field`. */
    readonly named?: 'narrow' | 'refuse';
  };
  /**
   * `first`: its chat templates take one system message, at the start, and know no role `developer`. The instructions at the
   * start are joined; each later one goes into the user's message next to it.
   */
  readonly instructions?: 'first';
  /** What it takes as the name of a tool; others are mapped, and mapped back in the answer. */
  readonly toolNames?: NameRuleName;
  /** `none`: messages have no `name` there; a user's is written before what the user says. `plain`: no blanks and brackets. */
  readonly messageNames?: 'none' | 'plain';
  /** Roles of messages that have another name there. */
  readonly roles?: Readonly<Record<string, string>>;
  /** Ids of tool calls must be nine letters or digits; others are hashed, the same id always to the same one. */
  readonly toolCallIds?: 'nine-alphanumeric';
  /**
   * Where the reasoning of earlier answers goes: the field that is read; `thinking-part` of the content; `none`: such a
   * field is refused, and the reasoning of earlier answers is left out.
   */
  readonly pastReasoning?: 'reasoning' | 'reasoning_content' | 'thinking-part' | 'none';
  /** The arguments of a call that has none are an empty text, also where the tool takes some that may be left out. */
  readonly emptyArguments?: true;
  /** Its own words for a finish reason → OpenAI's. The own word stays as `native_finish_reason`. */
  readonly finishReasons?: Readonly<Record<string, string>>;
  /** Finish reasons that mean that it failed. */
  readonly failures?: Readonly<Record<string, ErrorCode>>;
  /** Where it says whether it can answer, below the base URL; absent: its list of models has to do. */
  readonly healthPath?: string;
  /** A JSON answer that nobody waits for is generated to its end, and keeps a slot; a stream is stopped. */
  readonly stopsOnlyStreams?: true;
  /** Whose way of counting the tokens of a chat it has, beside its base URL; absent: none. */
  readonly counts?: 'vllm' | 'llamacpp';
  /** An error may be inside a choice. */
  readonly choiceErrors?: true;
  /** The field of the usage with the tokens that were in its cache, beside `prompt_tokens_details`. */
  readonly cachedTokens?: string;
}
