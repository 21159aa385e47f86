import { AppError } from '../errors/app-error.ts';
import { isObject } from './json.ts';

/** The most fields that are left out, since each one costs another translation. A request with more is refused. */
const MOST_DROPS = 100;

/** The steps of a path, such as `messages[0].content[1].type`. */
const stepsOf = (param: string): (string | number)[] =>
  [...param.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) =>
    index === undefined ? (name ?? '') : Number(index),
  );

/** A copy of a value without the field at the path. Null when the value has no such field. */
function without(value: unknown, [step, ...rest]: readonly (string | number)[]): unknown {
  if (!isObject(value) || step === undefined) return null;
  if (Array.isArray(value)) {
    if (typeof step !== 'number' || step >= value.length) return null;
    if (rest.length === 0) return value.toSpliced(step, 1);
    const inner = without(value[step], rest);
    return inner === null ? null : value.with(step, inner);
  }
  const { [step]: given, ...others } = value;
  if (given == null) return null;
  if (rest.length === 0) return others;
  const inner = without(given, rest);
  return inner === null ? null : { ...value, [step]: inner };
}

/** The path to remove. When the `type` of an object is unsupported, the whole object is removed. */
function pathOf(param: string): (string | number)[] {
  const steps = stepsOf(param);
  return steps.at(-1) === 'type' ? steps.slice(0, -1) : steps;
}

/** The content part that a path goes through; null: it goes through none. */
function partOf(path: readonly (string | number)[]): (string | number)[] | null {
  const at = path.lastIndexOf('content');
  return at >= 0 && typeof path[at + 1] === 'number' && path.length > at + 2 ? path.slice(0, at + 2) : null;
}

/** Without these a request means something else: `thread` stands for a history, `compaction` asks for a summary. */
const ESSENTIAL: ReadonlySet<unknown> = new Set(['model', 'messages', 'input', 'thread', 'compaction', 'conversation']);

const isEssential = (path: readonly (string | number)[]) =>
  path.length === 0 || (path.length === 1 && ESSENTIAL.has(path[0]));

/** A translated request. */
interface Expressed<Request, Translated> {
  readonly translated: Translated;
  /** The request without the fields that were left out. */
  readonly given: Request;
  /** The paths of the fields that were left out. */
  readonly dropped: readonly string[];
}

/**
 * Translates a request to a dialect that may not support all of it. The dialect's refusal (`invalid_field`) goes to the
 * client; with `drops`, the refused field is left out instead, and the rest is translated. This is the only place that
 * implements a model's `unsupported: drop`.
 */
export function dropUnsupported<Request extends object, Translated>(
  request: Request,
  drops: boolean | undefined,
  translate: (request: Request) => Translated,
): Expressed<Request, Translated> {
  const dropped: string[] = [];
  let given = request;
  for (;;) {
    try {
      return { translated: translate(given), given, dropped };
    } catch (error) {
      const param = error instanceof AppError && error.code === 'invalid_field' ? error.param : null;
      if (!drops || param === null || dropped.length >= MOST_DROPS) throw error;
      const path = pathOf(param);
      if (isEssential(path)) throw error;
      // A part that would lack a required field, such as a file without its data, is left out as a whole.
      const part = partOf(path);
      const rest = without(given, path) ?? (part && without(given, part));
      if (!isRest<Request>(rest)) throw error;
      dropped.push(param);
      given = rest;
    }
  }
}

/** Whether a value is still a request after fields were removed. All fields that can be removed are optional. */
const isRest = <Request extends object>(value: unknown): value is Request => isObject(value);

/** The dropped fields in the form of `x-gateway-applied`. */
export const toApplied = (dropped: readonly string[]): string[] =>
  dropped.length > 0 ? [`fields_dropped=${dropped.join('+')}`] : [];
