import { hash } from 'node:crypto';
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from '../../contracts/chat/completion.ts';
import type { ChatMessage, Tool, ToolCall } from '../../contracts/chat/message.ts';
import { isObject, type Json } from '../canonical/json.ts';

/** The names of tools that a vendor accepts. */
export interface NameRule {
  /** The longest name, in characters. */
  readonly longest: number;
  /** Matches a whole name. */
  readonly pattern: RegExp;
}

/**
 * OpenAI: "string does not match pattern '^[a-zA-Z0-9_-]+$'", "maximum length 64". Anthropic: the same letters, up to 128.
 * Gemini: "must start with a letter or an underscore", then also dots and colons, up to 64.
 */
export const nameRules = {
  openai: { longest: 64, pattern: /^[a-zA-Z0-9_-]+$/ },
  anthropic: { longest: 128, pattern: /^[a-zA-Z0-9_-]+$/ },
  gemini: { longest: 64, pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/ },
} as const satisfies Readonly<Record<string, NameRule>>;

export type NameRuleName = keyof typeof nameRules;

type Fields = Pick<ChatCompletionRequest, 'messages' | 'tools' | 'tool_choice'>;
type Rename = (name: string) => string;

/** The name in an object that has one, such as the `function` of a tool or of a call. */
const nameIn = (holder: unknown): string | null =>
  isObject(holder) && typeof holder.name === 'string' ? holder.name : null;

function* namesIn({ messages, tools }: Fields): Generator<string> {
  for (const { function: declared, custom } of tools ?? []) yield nameIn(declared) ?? nameIn(custom) ?? '';
  for (const { tool_calls: calls } of messages) {
    for (const { function: called, custom } of calls ?? []) yield nameIn(called) ?? nameIn(custom) ?? '';
  }
}

/** The two fields of a tool that can hold its name: those of a function and of a custom tool. */
const NAMED: ReadonlySet<string> = new Set(['function', 'custom']);

function renameIn<Holder extends object>(holder: Holder, rename: Rename): Holder {
  const renamed = Object.entries(holder).flatMap(([field, inner]: [string, unknown]) => {
    const name = NAMED.has(field) ? nameIn(inner) : null;
    return isObject(inner) && name !== null ? [[field, { ...inner, name: rename(name) }]] : [];
  });
  return { ...holder, ...Object.fromEntries(renamed) };
}

function renameChoice(choice: Fields['tool_choice'], rename: Rename): Fields['tool_choice'] {
  if (!choice || typeof choice === 'string') return choice;
  const { allowed_tools: allowed } = choice;
  if (!isObject(allowed) || !Array.isArray(allowed.tools)) return renameIn(choice, rename);
  const tools = allowed.tools.map((tool: unknown) => (isObject(tool) ? renameIn(tool, rename) : tool));
  return { ...choice, allowed_tools: { ...allowed, tools } };
}

function renameMessage(message: ChatMessage, rename: Rename): ChatMessage {
  const { tool_calls: calls, role, name } = message;
  if (calls) return { ...message, tool_calls: calls.map((call: ToolCall) => renameIn(call, rename)) };
  return role === 'tool' && name ? { ...message, name: rename(name) } : message;
}

/** Maps the names of tools to names that a vendor accepts, and back again. */
export class ToolNames {
  readonly #mapped: ReadonlyMap<string, string>;
  readonly #original: ReadonlyMap<string, string>;

  private constructor(mapped: ReadonlyMap<string, string>) {
    this.#mapped = mapped;
    this.#original = new Map([...mapped].map(([name, own]) => [own, name]));
  }

  /** Null when the vendor accepts all names of the request. Then nothing has to change, in the answer neither. */
  static of(request: Fields, { longest, pattern }: NameRule): ToolNames | null {
    const mapped = new Map<string, string>();
    for (const name of namesIn(request)) {
      if (name === '' || (name.length <= longest && pattern.test(name))) continue;
      // A name is mapped to the same new name in every request, and no two names to one.
      const told = hash('sha256', name, 'hex').slice(0, 8);
      const letters = name.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^[^a-zA-Z_]/, '_');
      mapped.set(name, `${letters.slice(0, longest - told.length - 1)}_${told}`);
    }
    return mapped.size > 0 ? new ToolNames(mapped) : null;
  }

  /** The fields of the request that hold names, with the mapped names. */
  toUpstream({ messages, tools, tool_choice: choice }: Fields): Partial<Fields> {
    const rename: Rename = (name) => this.#mapped.get(name) ?? name;
    return {
      messages: messages.map((message) => renameMessage(message, rename)),
      ...(tools ? { tools: tools.map((tool: Tool) => renameIn(tool, rename)) } : {}),
      ...(choice ? { tool_choice: renameChoice(choice, rename) } : {}),
    };
  }

  completion(came: Json<ChatCompletion>): Json<ChatCompletion> {
    for (const { message } of came.value.choices) this.#restore(message);
    return came.assign({ choices: came.value.choices });
  }

  async *stream(
    batches: AsyncGenerator<Json<ChatCompletionChunk>[], void, void>,
  ): AsyncGenerator<Json<ChatCompletionChunk>[], void, void> {
    for await (const batch of batches) yield batch.map((chunk) => this.#chunk(chunk));
  }

  #chunk(came: Json<ChatCompletionChunk>): Json<ChatCompletionChunk> {
    if (!came.mentions('tool_calls')) return came;
    for (const { delta } of came.value.choices ?? []) if (delta) this.#restore(delta);
    return came.assign({ choices: came.value.choices });
  }

  #restore<Call extends object>(holder: { tool_calls?: Call[] | null | undefined }): void {
    if (!holder.tool_calls) return;
    holder.tool_calls = holder.tool_calls.map((call) => renameIn(call, (name) => this.#original.get(name) ?? name));
  }
}
