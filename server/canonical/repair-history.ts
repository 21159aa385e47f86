import type { ChatMessage, ContentPart, ToolCall } from '../../contracts/chat/message.ts';
import { decodeArguments } from './decode-arguments.ts';
import { isObject, isRecord } from './json.ts';

/** Holds the arguments of a call that are not a JSON object, for example because the call was cut off. */
const UNPARSED = 'unparsed_arguments';

const NO_RESULT = '(no result)';
const NOT_RUN = '(no result: the arguments of this call were cut off, so it was not run)';

/**
 * The repaired arguments of a call. Some models send an empty text or `null` for a call without arguments, or write the
 * object into a string of JSON. Null: nothing has to change.
 */
function repairArguments(text: string): string | null {
  const decoded = decodeArguments(text);
  if (decoded.trim() === '') return '{}';
  try {
    if (isRecord(JSON.parse(decoded))) return decoded === text ? null : decoded;
  } catch {
    // The arguments are kept below, as text.
  }
  return JSON.stringify({ [UNPARSED]: text });
}

const isNothing = (value: unknown): boolean =>
  value == null || value === '' || (Array.isArray(value) && value.every((part) => isObject(part) && part.text === ''));

/**
 * Fields of which an answer needs one in order not to count as empty. Reasoning is not among them, because upstreams
 * demand something after it.
 */
const SAID = ['content', 'tool_calls', 'refusal', 'images', 'audio', 'function_call'] as const;

const isEmptyAnswer = (message: ChatMessage): boolean =>
  message.role === 'assistant' && SAID.every((field) => isNothing(message[field]));

const partsOf = (content: ChatMessage['content']): ContentPart[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : [...(content ?? [])];

/** Joins two messages of the user: many chat templates want user and assistant to alternate. */
export function joinMessages(first: ChatMessage, second: ChatMessage): ChatMessage {
  const [a, b] = [first.content, second.content];
  const content = typeof a === 'string' && typeof b === 'string' ? `${a}\n\n${b}` : [...partsOf(a), ...partsOf(b)];
  return { ...first, ...second, content };
}

/** A result whose call is not in the history, because somebody dropped the messages before it. */
function asUserMessage({ content, tool_call_id: id }: ChatMessage): ChatMessage {
  const head = `Result of an earlier tool call (${id}):`;
  if (content == null || typeof content === 'string') return { role: 'user', content: `${head}\n${content ?? ''}` };
  return { role: 'user', content: [{ type: 'text', text: head }, ...content] };
}

/** The places of ids in a history, in order: of calls, or of results. Places must be asked for in ascending order. */
class Places {
  readonly #places = new Map<string, { at: number[]; next: number }>();

  add(id: string, place: number): void {
    const known = this.#places.get(id);
    if (known) known.at.push(place);
    else this.#places.set(id, { at: [place], next: 0 });
  }

  /** The first place of an id after another place. */
  after(id: string, place: number): number | undefined {
    const known = this.#places.get(id);
    if (!known) return undefined;
    while ((known.at[known.next] ?? Number.POSITIVE_INFINITY) <= place) known.next++;
    return known.at[known.next];
  }

  /** Skips the first remaining place of an id. */
  take(id: string): void {
    const known = this.#places.get(id);
    if (known) known.next++;
  }
}

interface RepairedCall {
  readonly call: ToolCall;
  /** The id under which the result stands in the history. */
  readonly givenId: string;
  readonly cut: boolean;
}

/** Returns the complete message when only a part of it was passed in. */
type ReadMessage = (message: ChatMessage) => ChatMessage;

class Repair {
  readonly #messages: readonly ChatMessage[];
  readonly #read: ReadMessage;
  readonly #calls = new Places();
  readonly #results = new Places();
  readonly #taken = new Set<number>();
  /** The ids in use, each with the number for its next duplicate. */
  readonly #ids = new Map<string, number>();
  readonly #out: ChatMessage[] = [];
  /** Whether something was removed or inserted here, so that two messages of the user may be neighbours now. */
  #gap = false;

  constructor(messages: readonly ChatMessage[], read: ReadMessage) {
    this.#messages = messages;
    this.#read = read;
    for (const [i, { role, tool_call_id: id, tool_calls: calls }] of messages.entries()) {
      if (role === 'tool') this.#results.add(id ?? '', i);
      for (const called of new Set(calls?.map((call) => call.id))) this.#calls.add(called, i);
    }
  }

  run(): ChatMessage[] {
    for (const [i, message] of this.#messages.entries()) {
      if (message.role === 'tool') this.#addOrphan(message, i);
      else if (message.tool_calls) this.#addCalls(message, message.tool_calls, i);
      else if (isEmptyAnswer(message)) this.#gap = true;
      else this.#push(message);
    }
    return this.#out;
  }

  #push(message: ChatMessage): void {
    const last = this.#out.at(-1);
    if (this.#gap && message.role === 'user' && last?.role === 'user') {
      this.#out[this.#out.length - 1] = joinMessages(this.#read(last), this.#read(message));
    } else {
      this.#out.push(message);
    }
    this.#gap = false;
  }

  #addOrphan(message: ChatMessage, place: number): void {
    if (this.#taken.has(place)) return;
    this.#gap = true;
    this.#push(asUserMessage(this.#read(message)));
    this.#gap = true;
  }

  #addCalls(message: ChatMessage, given: readonly ToolCall[], place: number): void {
    // A call that was cut off before its name is useless.
    const calls = given.filter(({ function: called }) => called?.name !== '').map((call) => this.#repairCall(call));
    const sound = calls.length > 0 && calls.length === given.length && calls.every(({ call }, i) => call === given[i]);
    const { tool_calls: _, ...rest } = message;
    const repaired = calls.length > 0 ? { ...rest, tool_calls: calls.map(({ call }) => call) } : rest;
    if (isEmptyAnswer(repaired)) this.#gap = true;
    else this.#push(sound ? message : repaired);
    this.#addResults(calls, place);
  }

  /**
   * Adds the results directly after their calls: those in the history, in the order of the calls, and a text for each
   * missing one.
   */
  #addResults(calls: readonly RepairedCall[], place: number): void {
    const missing: ChatMessage[] = [];
    const found: { at: number; id: string }[] = [];
    for (const { call, givenId, cut } of calls) {
      const at = this.#takeResult(givenId, place);
      if (at === null) missing.push({ role: 'tool', tool_call_id: call.id, content: cut ? NOT_RUN : NO_RESULT });
      else found.push({ at, id: call.id });
    }
    for (const { at, id } of found.toSorted((a, b) => a.at - b.at)) {
      const result = this.#messages[at];
      if (result) this.#push(result.tool_call_id === id ? result : { ...this.#read(result), tool_call_id: id });
    }
    for (const message of missing) this.#push(message);
  }

  /** Finds the result of a call. A result belongs to the last answer before it that has a call with its id. */
  #takeResult(id: string, place: number): number | null {
    const at = this.#results.after(id, place);
    if (at === undefined || at >= (this.#calls.after(id, place) ?? Number.POSITIVE_INFINITY)) return null;
    this.#results.take(id);
    this.#taken.add(at);
    return at;
  }

  #repairCall(call: ToolCall): RepairedCall {
    const id = this.#toUniqueId(call.id);
    const { function: called } = call;
    const repaired = called ? repairArguments(called.arguments) : null;
    const cut = repaired !== null && repaired !== '{}';
    if (repaired === null && id === call.id) return { call, givenId: call.id, cut };
    const own = called ? { function: { ...called, arguments: repaired ?? called.arguments } } : {};
    return { call: { ...call, id, ...own }, givenId: call.id, cut };
  }

  /** Makes an id unique. Some upstreams start again in each answer (`call_0`), or give parallel calls the same id. */
  #toUniqueId(given: string): string {
    const stem = given === '' ? 'call' : given;
    let n = this.#ids.get(stem) ?? 1;
    let id = stem;
    while (this.#ids.has(id)) id = `${stem}_${++n}`;
    this.#ids.set(id, 1);
    this.#ids.set(stem, n);
    return id;
  }
}

const concerns = (message: ChatMessage): boolean =>
  message.tool_calls != null || message.role === 'tool' || isEmptyAnswer(message);

/** Whether a tool message has no id of a call. That is the client's mistake, which upstreams report. */
const isNameless = ({ role, tool_call_id: id }: ChatMessage): boolean => role === 'tool' && !id;

/**
 * A history that every upstream accepts, whoever wrote it. The arguments of each call are a JSON object, each id stands
 * for one call, each call has its result directly after it, no result is without its call, and no answer is empty.
 * Arguments that were cut off are kept, as the one argument `unparsed_arguments`. A message that needs no repair is the
 * very same object. A longer history begins with the same messages as a shorter one, as prompt caches need it.
 */
export function repairHistory(
  messages: readonly ChatMessage[],
  read: ReadMessage = (message) => message,
): readonly ChatMessage[] {
  if (!messages.some(concerns) || messages.some(isNameless)) return messages;
  const repaired = new Repair(messages, read).run();
  const same = repaired.length === messages.length && repaired.every((message, i) => message === messages[i]);
  return same ? messages : repaired;
}
