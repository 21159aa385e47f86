import type { ChatCompletion, ChatCompletionChunk } from '../../contracts/chat/completion.ts';
import { ChunkCalls } from './chunk-calls.ts';
import {
  broken,
  callsIn,
  holderIn,
  MAX_CHOICES,
  shapeReason,
  shapeTexts,
  soundReason,
  takeFunctionCall,
} from './chunk-fields.ts';
import { type ShaperOptions, usageChanges } from './chunk-shaper.ts';
import { createdNow } from './chunk-writer.ts';
import { newId } from './ids.ts';
import { isRecord, type Json } from './json.ts';

type Fields = Record<string, unknown>;

/** Corrects the calls of a whole message. Null when nothing had to change. */
function shapeWholeCalls(message: Fields, calls: ChunkCalls, reason: string | null): Fields[] | null {
  const taken = takeFunctionCall(message, calls);
  const given = callsIn(message);
  const shown = new Map<number, Fields>();
  let changed = taken || (given !== message.tool_calls && message.tool_calls != null);
  for (const [index, call] of given.entries()) {
    const told = calls.add(isRecord(call) ? { ...call, index } : call);
    if (!told || calls.changed) changed = true;
    if (told) shown.set(told.index, { ...told });
  }
  for (const { index, ...rest } of calls.finish(reason ?? 'stop')) {
    changed = true;
    const { function: told } = shown.get(index) ?? {};
    const known = isRecord(told) ? told : {};
    const text = [known.arguments, rest.function?.arguments].filter((one) => typeof one === 'string').join('');
    const called = { ...known, ...rest.function, arguments: text };
    shown.set(index, { ...shown.get(index), ...rest, function: called });
  }
  return changed ? [...shown.values()].map(({ index: _, ...call }) => call) : null;
}

const SAID = ['refusal', 'reasoning', 'reasoning_content', 'images', 'audio', 'function_call'] as const;

/** Corrects the types of one choice, in place. True when something changed. Throws `upstream_broken`. */
function shapeChoice(choice: unknown, place: number, options: ShaperOptions): boolean {
  if (!isRecord(choice)) throw broken('The upstream sent a malformed choice.');
  const { index: said, message: given, logprobs, finish_reason: ending } = choice;
  const message = holderIn(choice, ['message', 'delta']);
  if (!isRecord(message)) throw broken('The upstream sent a choice without a message.');
  const isOther = said !== place && typeof said === 'number' && Number.isInteger(said) && said >= 0;
  const index = isOther && options.choices() > 1 ? said : place;
  let changed = index !== said || message !== given || message.role !== 'assistant';
  Object.assign(choice, { index, message });
  message.role = 'assistant';
  if (options.repair?.(choice, message)) changed = true;
  if (shapeTexts(message)) changed = true;
  if (logprobs != null && !isRecord(logprobs)) {
    choice.logprobs = null;
    changed = true;
  }
  const told = shapeReason(choice);
  if (told !== ending) changed = true;
  const calls = new ChunkCalls(options);
  const shown = shapeWholeCalls(message, calls, told);
  if (shown) message.tool_calls = shown;
  if (message.content == null && calls.count === 0 && SAID.every((name) => message[name] == null)) {
    throw broken('The upstream sent a message without content.');
  }
  if (message.content === undefined) {
    message.content = null;
    changed = true;
  }
  const calledOldWay = isRecord(message.function_call);
  const reason = soundReason(told ?? (calls.count > 0 ? 'tool_calls' : 'stop'), calls.count, calledOldWay);
  if (reason !== choice.finish_reason) {
    choice.finish_reason = reason;
    changed = true;
  }
  return changed || shown !== null;
}

/**
 * Makes a whole answer reliable for clients, as `ChunkShaper` does with a stream. An answer that was not streamed is
 * complete, even when it has no finish reason.
 */
export function shapeCompletion(came: Json<ChatCompletion>, options: ShaperOptions): Json<ChatCompletion> {
  const value: unknown = came.value;
  if (!isRecord(value)) throw broken('The upstream sent an answer that is not an object.');
  const { id, object, created, choices } = value;
  if (!Array.isArray(choices) || choices.length === 0) throw broken('The upstream sent an answer without choices.');
  if (choices.length > MAX_CHOICES) throw broken('The upstream sent more choices than an answer can hold.');
  const changes = usageChanges(value, options);
  if (typeof id !== 'string' || id === '') changes.id = newId('chatcmpl-');
  if (object !== 'chat.completion') changes.object = 'chat.completion';
  if (typeof created !== 'number') changes.created = createdNow();
  const changed = choices.map((choice: unknown, place) => shapeChoice(choice, place, options));
  if (changed.includes(true)) changes.choices = choices;
  return Object.keys(changes).length > 0 ? came.assign(changes) : came;
}

/** A whole answer as the chunks of a stream, for upstreams that do not stream. */
export function toChunks({ choices, usage, ...head }: ChatCompletion): ChatCompletionChunk[] {
  const object = 'chat.completion.chunk' as const;
  const chunks = choices.flatMap(
    ({ index, message, finish_reason: reason, logprobs, ...rest }): ChatCompletionChunk[] => {
      const { tool_calls: calls, ...said } = message;
      const delta = { ...said, ...(calls ? { tool_calls: calls.map((call, at) => ({ ...call, index: at })) } : {}) };
      return [
        { ...head, object, choices: [{ index, delta, finish_reason: null, logprobs: logprobs ?? null }] },
        { ...head, object, choices: [{ ...rest, index, delta: {}, finish_reason: reason }] },
      ];
    },
  );
  return usage ? [...chunks, { ...head, object, choices: [], usage }] : chunks;
}
