import { isObject } from './json.ts';

const sizeOf = (value: unknown): number => (isObject(value) ? Object.keys(value).length : 0);

/** Whether a tool has no arguments, only optional ones, or required ones. */
type Takes = 'nothing' | 'optional' | 'required';

/** The functions by name. Tools of other types are ignored. */
function readTools(tools: unknown): Map<string, Takes> {
  const known = new Map<string, Takes>();
  for (const tool of Array.isArray(tools) ? tools : []) {
    const called: unknown = isObject(tool) ? tool.function : null;
    if (!isObject(called) || typeof called.name !== 'string') continue;
    const schema = isObject(called.parameters) ? called.parameters : {};
    const some = sizeOf(schema.properties) > 0 ? 'optional' : 'nothing';
    known.set(called.name, sizeOf(schema.required) > 0 ? 'required' : some);
  }
  return known;
}

/**
 * The tools that a request offers, by which the calls in its answer are checked. They are read when the first call
 * comes.
 */
export class OfferedTools {
  readonly #read: () => unknown;
  #known: Map<string, Takes> | undefined;

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

  takes(name: string): Takes {
    return this.#tools.get(name) ?? 'nothing';
  }

  get #tools(): Map<string, Takes> {
    this.#known ??= readTools(this.#read());
    return this.#known;
  }
}
