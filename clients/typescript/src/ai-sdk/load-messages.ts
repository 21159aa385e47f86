import type { Conversation, StoredMessage } from '../router-types.ts';
import { parseInput } from './tool-input.ts';
import type { LoadedMessage, LoadedPart, UiChunk } from './ui-types.ts';
import { mediaTypeOf } from './ui-writer.ts';

/** A message for `useChat`, and the answer with which it ends: calls of tools and their results make one of several. */
export interface Loaded {
  readonly message: LoadedMessage;
  tail: string;
}

const text = (type: 'text' | 'reasoning', said: string): LoadedPart[] =>
  said === '' ? [] : [{ type, text: said, state: 'done' }];

function contentParts({ content }: StoredMessage): LoadedPart[] {
  if (content === null) return [];
  if (typeof content === 'string') return text('text', content);
  return content.flatMap((part): LoadedPart[] => {
    const { type, text: said, image_url: image, file }: ContentFields = part;
    if (type === 'text') return text('text', said ?? '');
    const url = typeof image === 'string' ? image : image?.url;
    if (url) return [{ type: 'file', mediaType: mediaTypeOf(url), url }];
    if (!file?.file_data) return [];
    const filename = file.filename ? { filename: file.filename } : {};
    return [{ type: 'file', mediaType: mediaTypeOf(file.file_data), url: file.file_data, ...filename }];
  });
}

interface ContentFields {
  readonly type: string;
  readonly text?: string | null | undefined;
  readonly image_url?: string | { readonly url?: string } | null | undefined;
  readonly file?: { readonly file_data?: string | null; readonly filename?: string | null } | null | undefined;
}

function stepParts(answer: StoredMessage): LoadedPart[] {
  const calls = (answer.tool_calls ?? []).map((call): LoadedPart => {
    const { name = '', arguments: given = '' } = call.function ?? {};
    const input = parseInput(call.id ?? '', name, given);
    const { toolCallId } = input;
    if (input.type === 'tool-input-available') {
      return { type: `tool-${name}`, toolCallId, input: input.input, state: 'input-available' };
    }
    return { type: `tool-${name}`, toolCallId, input: given, state: 'output-error', errorText: input.errorText };
  });
  return [
    { type: 'step-start' },
    ...text('reasoning', answer.reasoning_content ?? ''),
    ...contentParts(answer),
    ...calls,
  ];
}

function textOf({ content }: StoredMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => ('text' in part && typeof part.text === 'string' ? part.text : '')).join('');
}

/** What the page gave was text or JSON; either was sent as text. */
function outputOf(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}

/** Puts the result of a tool beside its call. */
function addResult({ message }: Loaded, result: StoredMessage): void {
  message.parts = message.parts.map((part) => {
    if (!('toolCallId' in part) || part.toolCallId !== result.tool_call_id) return part;
    const { type, toolCallId, input } = part;
    const said = textOf(result);
    return result.is_error
      ? { type, toolCallId, input, state: 'output-error', errorText: said }
      : { type, toolCallId, input, state: 'output-available', output: outputOf(said) };
  });
}

/** The stored messages of a path as those of the AI SDK. What is still being written is left out: its run replays it. */
export function toLoaded({ messages }: Pick<Conversation, 'messages'>): Loaded[] {
  const loaded: Loaded[] = [];
  let isGroup = false;
  for (const stored of messages) {
    const last = loaded.at(-1);
    const { id, role } = stored;
    if (role === 'tool') {
      if (last) addResult(last, stored);
      isGroup = last?.message.role === 'assistant';
      continue;
    }
    if (role === 'assistant' && stored.status !== 'in_progress') {
      if (isGroup && last) {
        last.message.parts.push(...stepParts(stored));
        last.tail = id;
      } else loaded.push({ message: { id, role, parts: stepParts(stored) }, tail: id });
    }
    if (role === 'user') loaded.push({ message: { id, role, parts: contentParts(stored) }, tail: id });
    isGroup = false;
  }
  return loaded;
}

/** The chunks that make the steps of a message once more. A replay begins its message anew. */
export function* replaySteps(parts: readonly LoadedPart[]): Generator<UiChunk, void, void> {
  let isOpen = false;
  for (const [at, part] of parts.entries()) {
    if (part.type === 'step-start') {
      if (isOpen) yield { type: 'finish-step' };
      isOpen = true;
      yield { type: 'start-step' };
    } else if (part.type === 'text' || part.type === 'reasoning') {
      const id = `stored-${at}`;
      yield { type: `${part.type}-start`, id };
      yield { type: `${part.type}-delta`, id, delta: part.text };
      yield { type: `${part.type}-end`, id };
    } else if (part.type === 'file') {
      yield { type: 'file', mediaType: part.mediaType, url: part.url };
    } else if ('toolCallId' in part) {
      const { toolCallId, input } = part;
      yield { type: 'tool-input-available', toolCallId, toolName: part.type.slice('tool-'.length), input };
      if (part.state === 'output-available') yield { type: 'tool-output-available', toolCallId, output: part.output };
      if (part.state === 'output-error') yield { type: 'tool-output-error', toolCallId, errorText: part.errorText };
    }
  }
  if (isOpen) yield { type: 'finish-step' };
}
