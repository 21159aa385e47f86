import { AppError } from '../errors/app-error.ts';
import type { ChunkCalls } from './chunk-calls.ts';
import { toOwnReason } from './finish-reason.ts';
import { isRecord } from './json.ts';

type Fields = Record<string, unknown>;

/** The most choices of an answer. A client cannot ask for more. */
export const MAX_CHOICES = 128;

export const broken = (message: string) => new AppError('upstream_broken', message);

const TEXTS = ['content', 'refusal', 'reasoning', 'reasoning_content'] as const;

/** The text of a part: its own, or that of the parts inside it. */
function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isRecord(part)) return '';
  if (typeof part.text === 'string') return part.text;
  return Array.isArray(part.thinking) ? part.thinking.map(textOf).join('') : '';
}

/** A text that is one part or a list of parts is joined; anything else is returned as it is. */
export const joinText = (content: unknown): unknown =>
  Array.isArray(content) ? content.map(textOf).join('') : isRecord(content) ? textOf(content) : content;

/** Splits a content that is a list of parts into text and reasoning. */
function joinParts(holder: Fields, parts: readonly unknown[]): void {
  const join = (thoughts: boolean) =>
    parts
      .filter((part) => (isRecord(part) && part.type === 'thinking') === thoughts)
      .map(textOf)
      .join('');
  holder.content = join(false);
  const thinking = join(true);
  if (thinking !== '') Object.assign(holder, { reasoning_content: thinking, reasoning: thinking });
}

/**
 * Corrects the types of the text fields in a delta or a message. True when something changed. Throws `upstream_broken`.
 */
export function shapeTexts(holder: Fields): boolean {
  const { content, images } = holder;
  if (Array.isArray(content)) joinParts(holder, content);
  else if (isRecord(content)) joinParts(holder, [content]);
  for (const name of TEXTS) {
    const text = holder[name];
    if (text == null || typeof text === 'string') continue;
    throw broken(`The upstream's answer has a '${name}' that is not a string.`);
  }
  if (images != null && !Array.isArray(images)) throw broken("The upstream's answer has 'images' that are not a list.");
  return holder.content !== content;
}

/**
 * What a choice holds: its delta, its message, or, as in legacy completions, its text. Undefined when it holds nothing.
 */
export function holderIn(choice: Fields, names: readonly ['delta' | 'message', 'delta' | 'message']): unknown {
  const [first, second] = names;
  const held = choice[first] ?? choice[second];
  if (held != null || typeof choice.text !== 'string') return held;
  const { text } = choice;
  delete choice.text;
  return { role: 'assistant', content: text };
}

/** Whether a call has its name and arguments beside its id, and not in its `function`. */
const isFlat = (call: unknown): boolean =>
  isRecord(call) && call.function == null && call.custom == null && (call.name != null || call.arguments != null);

function withFunction(call: unknown): unknown {
  if (!isRecord(call) || !isFlat(call)) return call;
  const { name, arguments: text, ...rest } = call;
  return { ...rest, function: { ...(name == null ? {} : { name }), ...(text == null ? {} : { arguments: text }) } };
}

/** The list of calls in a delta or a message. Some servers send a single call without a list. */
export function callsIn({ tool_calls: calls }: Fields): readonly unknown[] {
  if (calls == null || calls === '') return [];
  if (Array.isArray(calls)) return calls.some(isFlat) ? calls.map(withFunction) : calls;
  if (isRecord(calls)) return [withFunction(calls)];
  throw broken("The upstream's answer has 'tool_calls' that are not a list.");
}

/**
 * Makes a call of OpenAI's older `function_call`, unless the client asked in the older way. Where a server sends both
 * forms, the newer one counts. True when something changed.
 */
export function takeFunctionCall(holder: Fields, calls: ChunkCalls): boolean {
  const { function_call: old } = holder;
  if (!isRecord(old) || calls.keepsOldWay || callsIn(holder).length > 0) return false;
  if (calls.count > 0 && !calls.fromOldWay) return false;
  delete holder.function_call;
  if (calls.count === 0 && !old.name && !old.arguments) return true;
  calls.fromOldWay = true;
  holder.tool_calls = [{ index: 0, type: 'function', function: old }];
  return true;
}

/** Corrects the calls in a delta or a message. True when something changed. */
export function shapeCalls(holder: Fields, calls: ChunkCalls): boolean {
  const taken = takeFunctionCall(holder, calls);
  const given = callsIn(holder);
  let changed = taken || (holder.tool_calls != null && given !== holder.tool_calls);
  const shown: unknown[] = [];
  for (const piece of given) {
    const told = calls.add(piece);
    if (told) shown.push(calls.changed ? told : piece);
    if (!told || calls.changed) changed = true;
  }
  if (changed && shown.length > 0) holder.tool_calls = shown;
  else if (changed) delete holder.tool_calls;
  return changed;
}

/**
 * The finish reason of a choice; null while it has not ended. A reason in words of the server's own is replaced in the
 * choice, and kept as `native_finish_reason`. Throws `upstream_broken`.
 */
export function shapeReason(choice: Fields): string | null {
  const { finish_reason: said, native_finish_reason: native } = choice;
  if (said == null || said === '') return null;
  if (typeof said !== 'string') throw broken("The upstream's answer has a finish reason that is not a string.");
  const reason = toOwnReason(said);
  if (reason !== said) Object.assign(choice, { finish_reason: reason, native_finish_reason: native ?? said });
  return reason;
}

/**
 * The finish reason for clients. An answer with calls ends with `tool_calls`, whatever the upstream says (ollama issue
 * 7963).
 */
export function soundReason(reason: string, calls: number, calledOldWay: boolean): string {
  if (calls > 0) return reason === 'stop' || reason === 'function_call' ? 'tool_calls' : reason;
  if (reason !== 'tool_calls' || calledOldWay) return reason;
  throw broken('The upstream said that it calls tools, and sent no call.');
}
