import type { ChatDelta, ToolCallDelta } from '../../../contracts/chat/completion.ts';
import { ArgumentText } from '../../canonical/argument-text.ts';
import { DistinctIds } from '../../canonical/distinct-ids.ts';
import { isRecord } from '../../canonical/json.ts';
import { ANTHROPIC_FORMAT, type DetailPlace, type ReasoningDetail } from '../../canonical/reasoning-details.ts';
import { tableOf } from '../../canonical/table-of.ts';
import { writeArguments } from '../../canonical/write-arguments.ts';
import { AppError } from '../../errors/app-error.ts';
import { RepeatedText } from './repeated-text.ts';
import type { AnswerBlock, BlockDelta } from './wire.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

/** A call whose arguments are still coming. */
interface OpenCall {
  /** The number of the call among the calls of the answer. */
  readonly index: number;
  /** The arguments that the block began with. They are used when no pieces follow. */
  readonly input: string;
  readonly arguments: ArgumentText;
  begun: boolean;
}

/** One block of the answer. */
interface Block {
  /** The place of the block in the answer. Upstreams give some numbers twice, or leave numbers out. */
  readonly number: number;
  readonly type: string;
  /** The upstream's id of a call. */
  readonly id: string;
  readonly name: string;
  readonly call: OpenCall | null;
  /** The text or the thinking, as far as it was said before the block began. */
  readonly early: RepeatedText;
  stopped: boolean;
}

/** The types of blocks that are read. */
const READ: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use']);

/** The field in which a delta of each type has its text. */
export const FIELDS = tableOf<'text' | 'partial_json' | 'thinking'>({
  text_delta: 'text',
  input_json_delta: 'partial_json',
  thinking_delta: 'thinking',
});

/** The block that a delta of each type needs. */
const EMPTY_BLOCKS = tableOf<AnswerBlock>({
  text_delta: { type: 'text', text: '' },
  thinking_delta: { type: 'thinking', thinking: '', signature: '' },
});

/** Reads the content blocks of one answer, by their index in the answer, and gives what each adds. */
export class BlockReader {
  readonly #blocks: Block[] = [];
  /** The upstream's number of a block → the last block that began under it. */
  readonly #byIndex = new Map<number, Block>();
  readonly #ids = new DistinctIds('toolu_');
  /** Number of a block → its place in `reasoning_details`. */
  readonly #thoughts = new Map<number, number>();
  #callCount = 0;
  /** The length of the text so far, in UTF-16 units. */
  #said = 0;

  get count(): number {
    return this.#blocks.length;
  }

  /** The upstream's numbers of the blocks that were not stopped. */
  get open(): number[] {
    return [...this.#byIndex].filter(([, { stopped }]) => !stopped).map(([index]) => index);
  }

  /** Whether the block under the upstream's number was not stopped. */
  isOpen(index: number): boolean {
    return this.#byIndex.get(index)?.stopped === false;
  }

  /** Whether the end of this block would say nothing new: the block was stopped before, or never began. */
  hasStopped(index: number | null | undefined): boolean {
    return this.#at(index)?.stopped !== false;
  }

  /** The place in the answer of the block that an event belongs to. */
  numberOf(index: number | null | undefined): number {
    return this.#at(index)?.number ?? 0;
  }

  /** Whether this start only repeats the one before. */
  isRepeated(index: number | null | undefined, { type, id, name }: AnswerBlock): boolean {
    const known = index == null ? undefined : this.#byIndex.get(index);
    if (!known?.call || known.stopped || type !== known.type) return false;
    return (id ?? '') === known.id && name === known.name;
  }

  /** The block that must begin before this delta, because the upstream did not send its start, or ended it too early. */
  missingBefore(index: number | null | undefined, { type }: BlockDelta): AnswerBlock | null {
    const needed = EMPTY_BLOCKS[type];
    const known = this.#at(index);
    return needed && (known?.type !== needed.type || known.stopped) ? needed : null;
  }

  /** Whether the block belongs to a tool that the vendor runs itself, and is passed on as it is. */
  isOther(index: number | null | undefined): boolean {
    const known = this.#at(index);
    return known !== undefined && !READ.has(known.type);
  }

  /** The start of a block: empty in a stream, complete in a whole answer. `early`: the block as it was said before. */
  start(index: number | null | undefined, content: AnswerBlock, early?: AnswerBlock): ChatDelta[] {
    const number = this.#blocks.length;
    const call = content.type === 'tool_use' ? this.#call(content, early) : null;
    const said = early?.text || early?.thinking || '';
    const block: Block = {
      ...{ number, type: content.type, id: content.id ?? '', name: content.name ?? '', call },
      ...{ early: new RepeatedText(said), stopped: false },
    };
    this.#blocks.push(block);
    this.#byIndex.set(index ?? number, block);
    switch (content.type) {
      case 'text':
        return [...this.#say(content.text), ...(content.citations ?? []).flatMap(cite)];
      case 'thinking':
        return [...this.#think(number, content.thinking), ...this.#sign(number, content.signature)];
      case 'redacted_thinking':
        return content.data ? [this.#detail(number, { type: 'reasoning.encrypted', data: content.data })] : [];
      default:
        return call ? [{ tool_calls: [this.#opening(call, block)] }] : [];
    }
  }

  add(index: number | null | undefined, delta: BlockDelta): ChatDelta[] {
    const block = this.#at(index);
    const field = FIELDS[delta.type];
    const piece = field === 'partial_json' ? writeArguments(delta[field]) : (delta[field ?? 'text'] ?? null);
    if (field && piece === null) throw broken(`The upstream sent a ${delta.type} without its text.`);
    switch (delta.type) {
      case 'text_delta':
        return this.#say(block?.early.add(piece ?? '') ?? piece);
      case 'input_json_delta':
        return this.isOther(index) ? [] : addArguments(this.#callOf(block), piece ?? '');
      case 'thinking_delta':
        return this.#think(block?.number ?? 0, block?.early.add(piece ?? '') ?? piece);
      case 'signature_delta':
        return this.#sign(block?.number ?? 0, delta.signature);
      case 'citations_delta':
        return cite(delta.citation);
      default:
        return [];
    }
  }

  stop(index: number | null | undefined): ChatDelta[] {
    const block = this.#at(index);
    if (!block || block.stopped) return [];
    block.stopped = true;
    const { call, early, number, type } = block;
    if (call) return endArguments(call);
    return type === 'thinking' ? this.#think(number, early.end()) : this.#say(early.end());
  }

  /** The block under the upstream's number. Without a number, the last one. */
  #at(index: number | null | undefined): Block | undefined {
    return index == null ? this.#blocks.at(-1) : this.#byIndex.get(index);
  }

  #say(content: string | null | undefined): ChatDelta[] {
    if (!content) return [];
    this.#said += content.length;
    return [{ content }];
  }

  #think(block: number, thinking: string | null | undefined): ChatDelta[] {
    if (!thinking) return [];
    const detail = this.#detail(block, { type: 'reasoning.text', text: thinking });
    return [{ reasoning_content: thinking, reasoning: thinking, ...detail }];
  }

  #sign(block: number, signature: string | null | undefined): ChatDelta[] {
    return signature ? [this.#detail(block, { type: 'reasoning.text', signature })] : [];
  }

  #detail(block: number, detail: ReasoningDetail): ChatDelta {
    const known = this.#thoughts.get(block);
    const index = known ?? this.#thoughts.size;
    this.#thoughts.set(block, index);
    const after: DetailPlace = { content: this.#said, tool_calls: this.#callCount };
    const amid = known === undefined && after.content + after.tool_calls > 0;
    return { reasoning_details: [{ ...detail, format: ANTHROPIC_FORMAT, index, ...(amid ? { after } : {}) }] };
  }

  #call({ name, input }: AnswerBlock, early: AnswerBlock | undefined): OpenCall {
    if (!name) throw broken('The upstream sent a tool call without a name.');
    const given = inputOf(input) || inputOf(early?.input);
    return { index: this.#callCount++, input: given, arguments: new ArgumentText(), begun: false };
  }

  #opening({ index }: OpenCall, { id, name }: Block): ToolCallDelta {
    return { index, id: this.#ids.own(id), type: 'function', function: { name, arguments: '' } };
  }

  /** The call that a piece belongs to: the call of its block, else the last one, unless that has ended. */
  #callOf(block: Block | undefined): OpenCall {
    if (block?.call) return block.call;
    const last = this.#blocks.findLast((one) => one.call);
    if (!last?.call || last.stopped) throw broken('The upstream sent arguments without a tool call.');
    return last.call;
  }
}

const toPiece = ({ index }: OpenCall, text: string): ChatDelta[] =>
  text === '' ? [] : [{ tool_calls: [{ index, function: { arguments: text } }] }];

function addArguments(call: OpenCall, piece: string): ChatDelta[] {
  if (piece !== '') call.begun = true;
  return toPiece(call, call.arguments.add(piece));
}

function endArguments(call: OpenCall): ChatDelta[] {
  const text = call.begun ? '' : call.arguments.add(call.input);
  return toPiece(call, text + call.arguments.end());
}

/** The arguments in the start of a call. Streams begin with an empty object; some proxies send all arguments there. */
const inputOf = (input: unknown): string =>
  isRecord(input) && Object.keys(input).length === 0 ? '' : (writeArguments(input) ?? '');

/** A citation in Anthropic's own format. The canonical form only has annotations of web pages. */
const cite = (citation: unknown): ChatDelta[] => (citation == null ? [] : [{ citations: [citation] }]);
