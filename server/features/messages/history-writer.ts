import type { ChatMessage, ContentPart } from '../../../contracts/chat/message.ts';
import type { InputBlock, ResultBlock, ToolResultBlock } from '../../../contracts/messages/request.ts';
import { remind } from '../../canonical/gather-instructions.ts';
import { type Others, textPart, toContent, toParts } from './to-parts.ts';

const isMedia = ({ type }: ContentPart) => type !== 'text';

/** Models that know no flag of failure read it from the text. */
function markFailure(text: string): string {
  return /^\s*(<tool_use_error>|error\b)/i.test(text) ? text : `Error: ${text}`;
}

const isResult = (block: InputBlock): block is ToolResultBlock => block.type === 'tool_result';

/**
 * Writes turns in the form that chat templates of every kind take: results of tools right behind their calls, no two
 * user messages in a row, and no system message amid the history (many templates refuse one).
 */
export class HistoryWriter {
  readonly #messages: ChatMessage[] = [];
  readonly #others: Others;
  /** The parts of the next user message. */
  #said: ContentPart[] = [];

  constructor(others: Others) {
    this.#others = others;
  }

  assistant(message: ChatMessage): void {
    this.#endUserTurn();
    this.#messages.push(message);
  }

  user(content: string | readonly InputBlock[], param: string): void {
    if (typeof content === 'string') {
      if (content !== '') this.#said.push(textPart(content));
      return;
    }
    for (const [i, block] of content.entries()) {
      if (isResult(block)) this.#result(block, `${param}[${i}]`);
      else this.#said.push(...toParts(block, `${param}[${i}]`, this.#others));
    }
  }

  /** It waits for results that are still to come behind the calls. */
  instruct(text: string): void {
    if (text !== '') this.#said.push(textPart(remind(text)));
  }

  finish(): ChatMessage[] {
    this.#endUserTurn();
    return this.#messages;
  }

  /** Its pictures and files go into the user message that follows: few upstreams take them in a result. */
  #result({ tool_use_id: id, content, is_error: failed }: ToolResultBlock, param: string): void {
    const blocks: readonly ResultBlock[] =
      typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
    const parts = blocks.flatMap((block, i) => toParts(block, `${param}.content[${i}]`, this.#others));
    const media = parts.filter(isMedia);
    const text = toContent(parts.filter((part) => !isMedia(part)));
    const note = media.length > 0 && text === '' ? 'The result follows.' : text;
    this.#messages.push({
      role: 'tool',
      tool_call_id: id,
      content: failed && typeof note === 'string' ? markFailure(note) : note,
    });
    if (media.length > 0) this.#said.push(textPart(`Of the tool result ${id}:`), ...media);
  }

  #endUserTurn(): void {
    if (this.#said.length > 0) this.#messages.push({ role: 'user', content: toContent(this.#said) });
    this.#said = [];
  }
}
