import type { ErrorCode } from '../../../contracts/errors.ts';
import type { NameRuleName } from '../tool-names.ts';

/**
 * An upstream's deviations from OpenAI's chat completions, as data with a fixed vocabulary. A field that is left out
 * means OpenAI's behaviour, and costs nothing.
 */
export interface Quirks {
  /** Request fields that have another name at this upstream. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Request fields that the upstream refuses and that do not change the answer. */
  readonly drop?: readonly string[];
  /**
   * Request fields that the upstream would ignore, with the values that ask for nothing. Any other value is
   * `invalid_field`.
   */
  readonly refuse?: Readonly<Record<string, readonly unknown[]>>;
  readonly toolChoice?: {
    /** `omit-tools`: the tools are left out, so that the model cannot call them. */
    readonly none?: 'omit-tools';
    /** The upstream does not obey it: `invalid_field`. */
    readonly required?: 'refuse';
    /** `narrow`: only that tool is offered, and required. `refuse`: `invalid_field`. */
    readonly named?: 'narrow' | 'refuse';
  };
  /**
   * `first`: the upstream's chat templates take one system message, at the start, and do not know the role `developer`.
   * Instructions at the start are joined; each later one is written into the user's message next to it.
   */
  readonly instructions?: 'first';
  /**
   * `text`: the upstream knows no refusals. It refuses the field or the part, or its chat templates leave them out, so
   * that a refusal is sent as text.
   */
  readonly refusals?: 'text';
  /** The names of tools that the upstream accepts. Other names are mapped, and mapped back in the answer. */
  readonly toolNames?: NameRuleName;
  /**
   * `none`: messages cannot have a `name`; the name of a user is written before the text of the message. `plain`: names
   * cannot hold blanks and brackets.
   */
  readonly messageNames?: 'none' | 'plain';
  /** Roles of messages that have another name at this upstream. */
  readonly roles?: Readonly<Record<string, string>>;
  /**
   * Ids of tool calls must be nine letters or digits, or have at most 40 characters. Other ids are hashed, and the same
   * id always gives the same hash.
   */
  readonly toolCallIds?: 'nine-alphanumeric' | 'forty-characters';
  /**
   * Where the reasoning of earlier answers is sent: in a field, or as a `thinking-part` of the content. `none`: the
   * upstream refuses it, so it is left out.
   */
  readonly pastReasoning?: 'reasoning' | 'reasoning_content' | 'thinking-part' | 'none';
  /** Finish reasons by which the upstream says more exactly how it failed than `toOwnReason` knows. */
  readonly failures?: Readonly<Record<string, ErrorCode>>;
  /**
   * The path, below the base URL, that tells whether the server can answer. Absent: the list of models is requested
   * instead.
   */
  readonly healthPath?: string;
  /**
   * The upstream generates an abandoned JSON answer to its end, which keeps a slot busy. It stops an abandoned stream.
   */
  readonly stopsOnlyStreams?: true;
  /**
   * The server whose way of counting the tokens of a chat the upstream has, beside its base URL. Absent: it has none.
   */
  readonly counts?: 'vllm' | 'llamacpp';
  /** Whether a choice can hold an error. */
  readonly choiceErrors?: true;
  /** The field of the usage that counts the cached prompt tokens, beside `prompt_tokens_details`. */
  readonly cachedTokens?: string;
}
