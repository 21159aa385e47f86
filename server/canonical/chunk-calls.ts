import type { ToolCallDelta } from '../../contracts/chat/completion.ts';
import { AppError } from '../errors/app-error.ts';
import { writeExact } from './exact-json.ts';
import { newId } from './ids.ts';
import { isRecord } from './json.ts';
import type { OfferedTools } from './offered-tools.ts';

/**
 * The most calls of an answer, and the longest id or name in characters (some ids hold a signature). No real answer
 * reaches them.
 */
const MAX_CALLS = 512;
const MAX_LABEL = 64 * 1024;
/** The most arguments of all calls of an answer together, in characters. */
const MAX_ARGUMENTS = 8 * 1024 * 1024;

const broken = (message: string) => new AppError('upstream_broken', message);

const newCallId = () => newId('call_');

/** An id or a name; empty when the chunk has no such field. */
function labelOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  if (value.length > MAX_LABEL) throw broken('The upstream sent a tool call with an endless name.');
  return value;
}

/** Arguments as text. Some servers send the object instead (llama.cpp issue 20198). */
function textOf(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value === 'string') return value;
  if (isRecord(value)) return writeExact(value);
  throw broken('The upstream sent arguments of a tool call that are not a string.');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** One piece of a call, as far as it could be read. */
interface Piece {
  readonly at: number | null;
  readonly id: string;
  readonly name: string;
  readonly arguments: string | null;
}

/** A call that may still get more pieces. */
interface OpenCall {
  /** The number of the call for clients. */
  readonly index: number;
  readonly isCustom: boolean;
  id: string;
  name: string;
  arguments: string;
  /** Whether the upstream has sent a text of arguments. */
  hasArguments: boolean;
  /** Whether clients have been told of the call, which happens as soon as its name is complete. */
  told: boolean;
  /** Other fields of the pieces that came before that. */
  held: Record<string, unknown>;
}

/** How the calls of an answer are to be read. */
export interface CallOptions {
  readonly tools: OfferedTools;
  /** Whether an empty text means a call without arguments, even when the tool has optional ones. */
  readonly emptyArguments: boolean;
}

/**
 * Reads the tool calls of one choice. It puts their pieces together, whatever ids and numbers the upstream gives, and
 * returns each piece as clients expect it: `index` counts from 0, and the id and the complete name come once, with the
 * first piece. Pieces are changed in place.
 */
export class ChunkCalls {
  readonly #options: CallOptions;
  readonly #calls: OpenCall[] = [];
  /** The upstream's number, or its id, of a call → the last call that it stood for. */
  readonly #byNumber = new Map<number, OpenCall>();
  readonly #byId = new Map<string, OpenCall>();
  readonly #usedIds = new Set<string>();
  #size = 0;
  /** Whether anything in the last piece was changed. */
  changed = false;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#calls.length;
  }

  /**
   * The piece for clients. Null: there is nothing to send yet, or clients have it already. Throws `upstream_broken`.
   */
  add(given: unknown): ToolCallDelta | null {
    if (!isRecord(given)) throw broken('The upstream sent a malformed tool call.');
    const { function: called, custom, index } = given;
    if (called != null && !isRecord(called)) throw broken('The upstream sent a malformed tool call.');
    const piece: Piece = {
      at: typeof index === 'number' && Number.isInteger(index) ? index : null,
      id: labelOf(given.id),
      name: labelOf(called?.name) || labelOf(isRecord(custom) ? custom.name : ''),
      arguments: textOf(called?.arguments),
    };
    this.#size += piece.arguments?.length ?? 0;
    if (this.#size > MAX_ARGUMENTS) throw broken('The upstream sent arguments without end.');
    this.changed = false;
    const call = this.#find(piece) ?? this.#open(piece, isRecord(custom));
    return call.told ? this.#goOn(call, piece, given) : this.#begin(call, piece, given);
  }

  /**
   * The remaining pieces after the answer has ended for `reason`. Throws `upstream_broken` when calls are incomplete,
   * unless the answer was cut off.
   */
  finish(reason: string): ToolCallDelta[] {
    const isCut = reason === 'length' || reason === 'content_filter';
    return this.#calls.flatMap((call) => {
      const { index } = call;
      if (!call.told && call.name === '') {
        if (isCut) return [];
        throw broken('The upstream sent a tool call without a name.');
      }
      const rest = call.told ? [] : [this.#tell(call, call.held)];
      if (isCut || call.isCustom) return rest;
      if (call.arguments.trim() !== '') {
        if (!isJson(call.arguments)) throw broken('The upstream sent arguments of a tool call that are not JSON.');
        return rest;
      }
      if (this.#lacksArguments(call)) throw broken('The upstream sent a tool call without its arguments.');
      // A call without arguments gets an empty object, because clients parse the text.
      return [...rest, { index, function: { arguments: '{}' } }];
    });
  }

  #lacksArguments({ name, hasArguments }: OpenCall): boolean {
    const { tools, emptyArguments } = this.#options;
    const takes = tools.takes(name);
    return takes === 'required' || (takes === 'optional' && !(emptyArguments && hasArguments));
  }

  /** The call that a piece continues; undefined when the piece begins a call. */
  #find(piece: Piece): OpenCall | undefined {
    const { id, at } = piece;
    const known = this.#byId.get(id) ?? (at === null ? this.#calls.at(-1) : this.#byNumber.get(at));
    return known && !this.#isSecond(known, piece) ? known : undefined;
  }

  /**
   * Whether a piece begins another call, although its number or id is that of `call`. Some upstreams give all of their
   * calls the number 0 or the same id, or leave both out.
   */
  #isSecond(call: OpenCall, { at, id, name, arguments: text }: Piece): boolean {
    if (name === '' || call.name === '') return false;
    if (id !== '' && call.id !== '' && id !== call.id) return call.arguments === '' || isJson(call.arguments);
    const again = name === call.name && text === call.arguments && (id !== '' || at !== null);
    return !again && text !== null && text.trimStart().startsWith('{') && isJson(call.arguments);
  }

  #open({ at, id }: Piece, isCustom: boolean): OpenCall {
    if (this.#calls.length >= MAX_CALLS) throw broken('The upstream sent more tool calls than an answer can hold.');
    const index = this.#calls.length;
    const call: OpenCall = {
      ...{ index, isCustom, id: '', name: '', arguments: '' },
      ...{ hasArguments: false, told: false, held: {} },
    };
    this.#calls.push(call);
    this.#byNumber.set(at ?? index, call);
    if (id !== '') this.#byId.set(id, call);
    return call;
  }

  #begin(call: OpenCall, { id, name, arguments: text }: Piece, given: Record<string, unknown>): ToolCallDelta | null {
    if (call.id === '' && id !== '') {
      call.id = id;
      this.#byId.set(id, call);
    }
    // Pieces of a name are joined. A complete name that comes again only repeats the name.
    if (!this.#options.tools.has(call.name) && name !== call.name) call.name += name;
    if (text !== null) this.#addArguments(call, text);
    if (call.name !== '' && !this.#options.tools.isPart(call.name)) return this.#tell(call, { ...call.held, ...given });
    this.changed = true;
    const { index: _, id: __, type: ___, function: ____, ...held } = given;
    call.held = { ...call.held, ...held };
    return null;
  }

  /** The first piece of a call for clients. */
  #tell(call: OpenCall, given: Record<string, unknown>): ToolCallDelta {
    call.told = true;
    if (call.id === '' || this.#usedIds.has(call.id)) call.id = newCallId();
    this.#usedIds.add(call.id);
    const { index, id, name } = call;
    const usual = call.isCustom ? 'custom' : 'function';
    const type = typeof given.type === 'string' && given.type !== '' ? given.type : usual;
    this.changed = given.index !== index || given.id !== id || given.type !== type;
    if (call.isCustom) return { ...given, index, id, type };
    const said = isRecord(given.function) ? given.function : {};
    const text = call.arguments !== '' || said.arguments !== undefined ? call.arguments : undefined;
    if (said.name !== name || said.arguments !== text) this.changed = true;
    return { ...given, index, id, type, function: { ...said, name, arguments: text } };
  }

  /** A later piece of a call, without what clients have already. */
  #goOn(call: OpenCall, { id, name, arguments: text }: Piece, given: Record<string, unknown>): ToolCallDelta | null {
    const { index } = call;
    const { index: number, id: _, type: __, function: called, ...rest } = given;
    const isRepeated = text !== null && text === call.arguments && text.startsWith('{') && isJson(text);
    if (text !== null && !isRepeated) this.#addArguments(call, text);
    const asSent = isRecord(called) ? called.arguments : undefined;
    this.changed =
      number !== index || (id !== '' && id !== call.id) || name !== '' || isRepeated || text !== (asSent ?? null);
    if (!this.changed) return { ...given, index };
    if (text === null || isRepeated) return Object.keys(rest).length === 0 ? null : { index, ...rest };
    return { index, ...rest, function: { arguments: text } };
  }

  #addArguments(call: OpenCall, text: string): void {
    call.arguments += text;
    call.hasArguments = true;
  }
}
