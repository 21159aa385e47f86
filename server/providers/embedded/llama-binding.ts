import { createRequire } from 'node:module';

/** The build of llama.cpp. */
export type EngineVariant = 'default' | 'cuda' | 'vulkan';

/**
 * The part of `@fugood/llama.node` that is used. The package ships its TypeScript sources instead of declarations.
 * Importing them would apply our compiler options to them, so the types are written here and checked at run time.
 */
export interface LlamaBinding {
  loadModel(options: Readonly<Record<string, unknown>>): Promise<{ readonly ctx: NativeContext }>;
  loadLlamaModelInfo(path: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface EngineChatMessage {
  readonly role: string;
  readonly content: string;
  readonly [field: string]: unknown;
}

export interface FormattedChat {
  readonly prompt: string;
  readonly grammar: string;
  readonly grammar_lazy: boolean;
  readonly chat_format: number;
  readonly chat_parser: string;
  readonly generation_prompt: string;
  readonly additional_stops: readonly string[];
}

interface NativeToolCall {
  readonly function: { readonly name: string; readonly arguments: string };
}

/** `content`, `reasoning_content` and `tool_calls` hold the whole answer so far, not only what is new. */
export interface NativeAnswer {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly NativeToolCall[];
}

export interface NativeToken extends NativeAnswer {
  readonly token: string;
}

export interface NativeResult extends NativeAnswer {
  readonly text: string;
  readonly stopped_eos: boolean;
  readonly context_full: boolean;
  readonly tokens_predicted: number;
  /** `prompt_n`: prompt tokens that had to be read; the others were in the cache. */
  readonly timings: { readonly prompt_n: number };
}

interface TemplateAbilities {
  readonly tools: boolean;
}

interface JinjaTemplates {
  readonly defaultCaps: TemplateAbilities;
  /** The abilities of the template for chats with tools, where the model has a separate one. */
  readonly toolUseCaps?: TemplateAbilities;
}

export interface NativeContext {
  getModelInfo(): { readonly nParams: number; readonly chatTemplates: { readonly jinja: JinjaTemplates } };
  getFormattedChat(
    messages: readonly EngineChatMessage[],
    template: undefined,
    params: Readonly<Record<string, unknown>>,
  ): FormattedChat;
  tokenize(text: string): Promise<{ readonly tokens: Int32Array }>;
  /**
   * Throws at once when the binding believes that another completion runs. Callbacks may still come after the promise
   * has resolved.
   */
  completion(options: Readonly<Record<string, unknown>>, onToken: (token: NativeToken) => void): Promise<NativeResult>;
  /** Call it only while a completion runs: the binding does not know when one has failed. */
  stopCompletion(): void;
  /** Removes earlier prompts from the cache. */
  clearCache(): void;
}

function has(value: unknown, ...names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

function isBinding(value: unknown): value is LlamaBinding {
  return has(value, 'loadModel', 'loadLlamaModelInfo');
}

/** Something that this machine lacks. The message names no file, so that clients can read it too. */
export class NotInstalledError extends Error {}

export function loadBinding(variant: EngineVariant): LlamaBinding {
  const require = createRequire(import.meta.url);
  // The binding itself would fall back to the CPU, with a warning that nobody reads.
  if (variant !== 'default' && !isInstalled(require, variant)) {
    const advice = `The ${variant} variant of llama.cpp is not installed (docs/decisions/0002-embedded-engine.md).`;
    throw new NotInstalledError(advice);
  }
  if (variant === 'default') loadNativePart(require);
  const binding: unknown = require('@fugood/llama.node');
  if (!isBinding(binding)) throw new Error('@fugood/llama.node is not the version that this gateway was written for');
  return binding;
}

/** Loads llama.cpp itself before the binding does, because the binding hides why that failed. */
function loadNativePart(require: NodeJS.Require): void {
  try {
    require(`@fugood/node-llama-${process.platform}-${process.arch}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The dynamic linker begins its message with the library, such as `libgomp.so.1: cannot open shared object file`.
    if (!/^\S*libgomp\.so/.test(reason)) throw error;
    const advice =
      'Install the library libgomp: `apt-get install libgomp1` (Debian, Ubuntu) or `dnf install libgomp` (Fedora).';
    throw new NotInstalledError(advice, { cause: error });
  }
}

function isInstalled(require: NodeJS.Require, variant: string): boolean {
  try {
    // With the overrides of package.json, this is an empty package.
    const module: unknown = require(`@fugood/node-llama-${process.platform}-${process.arch}-${variant}`);
    return has(module, 'LlamaContext');
  } catch {
    return false;
  }
}
