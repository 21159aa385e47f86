import { isObject } from './json.ts';

/** The functions by name, and whether each has a required argument. Tools of other types are ignored. */
function readTools(tools: unknown): Map<string, boolean> {
  const known = new Map<string, boolean>();
  for (const tool of Array.isArray(tools) ? tools : []) {
    const called: unknown = isObject(tool) ? tool.function : null;
    if (!isObject(called) || typeof called.name !== 'string') continue;
    const schema = isObject(called.parameters) ? called.parameters : {};
    known.set(called.name, Array.isArray(schema.required) && schema.required.length > 0);
  }
  return known;
}

/**
 * The tools that a request offers, by which the calls in its answer are checked. They are read when the first call
 * comes.
 */
export class OfferedTools {
  readonly #read: () => unknown;
  #known: Map<string, boolean> | undefined;

  /** `read` returns the `tools` of the request. */
  constructor(read: () => unknown) {
    this.#read = read;
  }

  has(name: string): boolean {
    return this.#tools.has(name);
  }

  /** Whether this is only the beginning of a name. */
  isPart(name: string): boolean {
    if (this.#tools.has(name)) return false;
    for (const known of this.#tools.keys()) if (known.startsWith(name)) return true;
    return false;
  }

  /** Whether a call of this tool is of no use without arguments. */
  demandsArguments(name: string): boolean {
    return this.#tools.get(name) ?? false;
  }

  get #tools(): Map<string, boolean> {
    this.#known ??= readTools(this.#read());
    return this.#known;
  }
}
