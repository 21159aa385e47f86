import type { ToolCallDelta } from '../../contracts/chat/completion.ts';
import { AppError } from '../errors/app-error.ts';
import { ArgumentText } from './argument-text.ts';
import { type CallPiece, readCallPiece } from './call-piece.ts';
import { DistinctIds } from './distinct-ids.ts';
import { isJson } from './is-json.ts';
import { isRecord } from './json.ts';
import type { OfferedTools } from './offered-tools.ts';

/** The most calls of an answer. No real answer reaches it. */
const MAX_CALLS = 512;
/** The most arguments of all calls of an answer together, in characters. */
const MAX_ARGUMENTS = 8 * 1024 * 1024;

const broken = (message: string) => new AppError('upstream_broken', message);

/** A call that may still get more pieces. */
interface OpenCall {
  /** The number of the call for clients. */
  readonly index: number;
  readonly isCustom: boolean;
  /** The upstream's number of the call. */
  readonly at: number;
  /** The upstream's id. */
  givenId: string;
  /** The id for clients. Empty until they have been told of the call. */
  id: string;
  name: string;
  /** The arguments as the upstream sent them. */
  arguments: string;
  /** The arguments as clients are told them. */
  readonly text: ArgumentText;
  /** The arguments that clients will be told with the name. */
  ready: string;
  /** Whether clients have been told of the call, which happens as soon as its name is complete. */
  told: boolean;
  /** Other fields of the pieces that came before that. */
  held: Record<string, unknown>;
}

/** How the calls of an answer are to be read. */
export interface CallOptions {
  readonly tools: OfferedTools;
  /** Whether the client asked in OpenAI's older way, with `functions`, and so awaits a `function_call`. */
  readonly asksOldWay?: (() => boolean) | undefined;
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
  readonly #ids = new DistinctIds('call_');
  #size = 0;
  /** Whether anything in the last piece was changed. */
  changed = false;
  /** Whether the calls are made of OpenAI's older `function_call`. */
  fromOldWay = false;

  constructor(options: CallOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#calls.length;
  }

  get keepsOldWay(): boolean {
    return this.#options.asksOldWay?.() ?? false;
  }

  /**
   * The piece for clients. Null: there is nothing to send yet, or clients have it already. Throws `upstream_broken`.
   */
  add(given: unknown): ToolCallDelta | null {
    if (!isRecord(given)) throw broken('The upstream sent a malformed tool call.');
    const piece = readCallPiece(given);
    this.#size += piece.arguments?.length ?? 0;
    if (this.#size > MAX_ARGUMENTS) throw broken('The upstream sent arguments without end.');
    this.changed = false;
    const call = this.#find(piece) ?? this.#open(piece, isRecord(given.custom));
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
      if (call.isCustom) return rest;
      const left = call.text.end();
      const whole = call.text.isObject ? call.arguments : left;
      const isNone = whole.trim() === '';
      if (!isCut && !isNone && !isJson(whole)) {
        throw broken('The upstream sent arguments of a tool call that are not JSON.');
      }
      if (!isCut && isNone && this.#options.tools.demandsArguments(call.name)) {
        throw broken('The upstream sent a tool call without its arguments.');
      }
      // A call without arguments gets an empty object, because clients parse the text.
      const text = !isCut && isNone ? '{}' : left;
      return text === '' ? rest : [...rest, { index, function: { arguments: text } }];
    });
  }

  /** The call that a piece continues; undefined when the piece begins a call. */
  #find(piece: CallPiece): OpenCall | undefined {
    const { id, at } = piece;
    const numbered = at === null ? this.#calls.at(-1) : this.#byNumber.get(at);
    const known = id !== '' && numbered?.givenId === id ? numbered : (this.#byId.get(id) ?? numbered);
    return known && !this.#isSecond(known, piece) ? known : undefined;
  }

  /**
   * Whether a piece begins another call, although its number or id is that of `call`. Some upstreams give all of their
   * calls the number 0 or the same id, or leave both out.
   */
  #isSecond(call: OpenCall, { at, id, name, arguments: text }: CallPiece): boolean {
    if (name === '' || call.name === '') return false;
    const isWhole = () => call.arguments === '' || isJson(call.arguments);
    const known = call.givenId || call.id;
    if (id !== '' && known !== '' && id !== known) {
      // Some servers make another id for each piece. Until the arguments begin, the number and the name tell the call.
      if (call.arguments === '' && name === call.name && at !== null && at === call.at) return false;
      // The pieces of two calls may alternate under their ids alone.
      return isWhole() || (name !== call.name && this.#options.tools.has(call.name) && this.#options.tools.has(name));
    }
    // Under another number it is another call, unless the number counts the pieces of one call.
    if (at !== null && at !== call.at) return name === call.name && text ? isJson(call.arguments) : isWhole();
    const again = name === call.name && text === call.arguments && (id !== '' || at !== null);
    return !again && text !== null && text.trimStart().startsWith('{') && isJson(call.arguments);
  }

  #open({ at, id }: CallPiece, isCustom: boolean): OpenCall {
    if (this.#calls.length >= MAX_CALLS) throw broken('The upstream sent more tool calls than an answer can hold.');
    const index = this.#calls.length;
    const call: OpenCall = {
      ...{ index, isCustom, at: at ?? index, givenId: id, id: '', name: '', arguments: '' },
      ...{ text: new ArgumentText(), ready: '', told: false, held: {} },
    };
    this.#calls.push(call);
    this.#byNumber.set(at ?? index, call);
    if (id !== '') this.#byId.set(id, call);
    return call;
  }

  #begin(
    call: OpenCall,
    { id, name, arguments: text }: CallPiece,
    given: Record<string, unknown>,
  ): ToolCallDelta | null {
    if (call.givenId === '' && id !== '') {
      call.givenId = id;
      this.#byId.set(id, call);
    }
    call.name = this.#joinName(call.name, name);
    if (text !== null) call.ready += this.#addArguments(call, text);
    if (call.name !== '' && !this.#options.tools.isPart(call.name)) return this.#tell(call, { ...call.held, ...given });
    this.changed = true;
    const { index: _, id: __, type: ___, function: ____, ...held } = given;
    call.held = { ...call.held, ...held };
    return null;
  }

  /**
   * Joins the pieces of a name. A complete name that comes again only repeats the name, and a piece can hold all of the
   * name so far.
   */
  #joinName(known: string, piece: string): string {
    const { tools } = this.#options;
    if (tools.has(known) || piece === known) return known;
    const mayBe = (name: string) => tools.has(name) || tools.isPart(name);
    return known !== '' && piece.startsWith(known) && mayBe(piece) && !mayBe(known + piece) ? piece : known + piece;
  }

  /** The first piece of a call for clients. */
  #tell(call: OpenCall, given: Record<string, unknown>): ToolCallDelta {
    call.told = true;
    call.id = this.#ids.own(call.givenId);
    const { index, id, name } = call;
    const usual = call.isCustom ? 'custom' : 'function';
    const type = typeof given.type === 'string' && given.type !== '' ? given.type : usual;
    this.changed = given.index !== index || given.id !== id || given.type !== type;
    if (call.isCustom) return { ...given, index, id, type };
    const said = isRecord(given.function) ? given.function : {};
    const text = call.ready !== '' || said.arguments !== undefined ? call.ready : undefined;
    if (said.name !== name || said.arguments !== text) this.changed = true;
    return { ...given, index, id, type, function: { ...said, name, arguments: text } };
  }

  /** A later piece of a call, without what clients have already. */
  #goOn(
    call: OpenCall,
    { id, name, arguments: text }: CallPiece,
    given: Record<string, unknown>,
  ): ToolCallDelta | null {
    const { index } = call;
    const { index: number, id: _, type: __, function: called, ...rest } = given;
    const isRepeated = text !== null && text === call.arguments && /^["{]/.test(text) && isJson(text);
    const more = text === null || isRepeated ? null : this.#addArguments(call, text);
    const asSent = isRecord(called) ? called.arguments : undefined;
    this.changed =
      number !== index || (id !== '' && id !== call.id) || name !== '' || isRepeated || more !== (asSent ?? null);
    if (!this.changed) return { ...given, index };
    if (!more) return Object.keys(rest).length === 0 ? null : { index, ...rest };
    return { index, ...rest, function: { arguments: more } };
  }

  /** Adds a piece of the arguments. Returns what clients can be told of them now. */
  #addArguments(call: OpenCall, text: string): string {
    call.arguments += text;
    return call.text.add(text);
  }
}
