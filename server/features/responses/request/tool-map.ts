import { hash } from 'node:crypto';
import type { ChatCompletionRequest } from '../../../../contracts/chat/completion.ts';
import type { ResponseTool } from '../../../../contracts/responses/request.ts';
import { ToolFormat, ToolNamespace } from '../../../../contracts/responses/tool-shapes.ts';
import { tableOf } from '../../../canonical/table-of.ts';
import { AppError } from '../../../errors/app-error.ts';
import { invalidField } from '../../../errors/invalid-field.ts';
import type { Unsupported } from './unsupported.ts';

type ChatTool = NonNullable<ChatCompletionRequest['tools']>[number];

/** A tool as the client knows it. */
export interface KnownTool {
  readonly kind: 'function' | 'custom';
  readonly name: string;
  readonly namespace?: string;
}

/** Tools that agents always offer and can do without; a model that is not OpenAI's has nothing like them. */
const OPTIONAL = /^(web_search(_preview)?(_\d{4}_\d{2}_\d{2})?|tool_search|image_generation)$/;
/**
 * The fields of such a tool that reach OpenAI's own Responses API. A tool with other fields would behave differently
 * without them.
 */
const HOSTED = tableOf<ReadonlySet<string>>({
  web_search: new Set(['type', 'filters', 'user_location', 'search_context_size']),
  image_generation: new Set(['type', 'model', 'quality', 'size', 'output_format', 'background']),
});

const isHosted = (tool: ResponseTool): boolean => Object.keys(tool).every((field) => HOSTED[tool.type]?.has(field));

/** Vendors take names of so many letters, digits, `_` and `-`. */
const LONGEST_NAME = 64;

/**
 * The name under which a model sees a tool; two long ones of a namespace stay two. Names that a vendor does not take are
 * mapped when they are sent to it.
 */
export function exposedName(name: string, namespace?: string | null): string {
  if (!namespace) return name;
  const joined = `${namespace}${namespace.endsWith('__') ? '' : '__'}${name}`;
  const exposed = joined.replace(/[^a-zA-Z0-9_-]/g, '_');
  if (exposed.length <= LONGEST_NAME) return exposed;
  const told = hash('sha256', joined, 'hex').slice(0, 8);
  return `${exposed.slice(0, LONGEST_NAME - told.length - 1)}_${told}`;
}

/** The description of a free-text tool for models that know functions only. */
function describeCustom({ description, format }: ResponseTool): string | undefined {
  const grammar = ToolFormat.safeParse(format).data;
  const rule = grammar?.definition
    ? `The \`input\` must follow this ${grammar.syntax ?? ''} grammar:\n${grammar.definition}`
    : '';
  return [description ?? '', rule].filter(Boolean).join('\n\n') || undefined;
}

const asFunction = (name: string, tool: ResponseTool): ChatTool => ({
  type: 'function',
  function: {
    name,
    description: describeCustom(tool),
    parameters: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
  },
});

function asCustom(name: string, { description, format }: ResponseTool): ChatTool {
  const given = ToolFormat.safeParse(format).data;
  const { type, ...grammar } = given ?? { type: '' };
  const nested = type === 'grammar' ? { type, grammar } : given;
  return {
    type: 'custom',
    custom: { name, ...(description ? { description } : {}), ...(given ? { format: nested } : {}) },
  };
}

/** The tools of one request, as the model sees them and as the client does. */
export class ToolMap {
  readonly chatTools: ChatTool[] = [];
  /** The types of tools that were left out. */
  readonly dropped = new Set<string>();
  readonly #known = new Map<string, KnownTool>();
  readonly #native: boolean;
  readonly #hosted: boolean;
  readonly #unknown: Unsupported;

  /** `native`: every backend speaks the Responses API itself; `hosted`: its own tools may be used. */
  constructor(
    tools: readonly ResponseTool[],
    { native, hosted }: { readonly native: boolean; readonly hosted: boolean },
    unknown: Unsupported,
  ) {
    this.#native = native;
    this.#hosted = hosted;
    this.#unknown = unknown;
    for (const [i, tool] of tools.entries()) this.#add(tool, `tools[${i}]`);
  }

  /** The client's name of a tool. A tool that the client did not offer is taken for a function. */
  find(exposed: string): KnownTool {
    return this.#known.get(exposed) ?? { kind: 'function', name: exposed };
  }

  has(exposed: string): boolean {
    return this.#known.has(exposed);
  }

  get sendsCustom(): boolean {
    return this.#native;
  }

  #add(tool: ResponseTool, at: string, namespace?: string): void {
    const { type } = tool;
    if (type === 'namespace' && !namespace) this.#addNamespace(tool, at);
    else if (type === 'function' || type === 'custom') this.#addOwn(tool, type, at, namespace);
    else if (this.#native && this.#hosted && isHosted(tool)) this.chatTools.push(tool);
    else if (OPTIONAL.test(type) || this.#unknown === 'skip') this.dropped.add(type);
    else throw invalidField(`${at}.type`, `The gateway does not support tools of the type '${type}'.`);
  }

  #addNamespace(tool: ResponseTool, at: string): void {
    const given = ToolNamespace.safeParse(tool).data;
    if (!given) throw invalidField(at, 'A namespace needs a name, and a list of tools with types and names.');
    for (const [i, inner] of given.tools.entries()) this.#add(inner, `${at}.tools[${i}]`, given.name);
  }

  #addOwn(tool: ResponseTool, kind: KnownTool['kind'], at: string, namespace?: string): void {
    if (!tool.name) throw new AppError('missing_field', undefined, { param: `${at}.name` });
    const exposed = exposedName(tool.name, namespace);
    if (this.#known.has(exposed)) {
      throw invalidField(`${at}.name`, `Two tools have the name '${exposed}'.`);
    }
    this.#known.set(exposed, { kind, name: tool.name, ...(namespace ? { namespace } : {}) });
    if (kind === 'custom') this.chatTools.push(this.#native ? asCustom(exposed, tool) : asFunction(exposed, tool));
    else this.chatTools.push(toFunction(exposed, tool));
  }
}

function toFunction(name: string, { description, parameters, strict }: ResponseTool): ChatTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description ? { description } : {}),
      ...(parameters ? { parameters } : {}),
      ...(strict ? { strict } : {}),
    },
  };
}
