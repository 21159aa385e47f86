import { AppError } from '../errors/app-error.ts';
import { isObject } from './json.ts';

/** Each one costs another translation; a request with more than this is refused after all. */
const MOST_DROPS = 100;

/** `messages[0].content[1].type` as its steps. */
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

/** A thing whose type cannot be said goes whole. */
function pathOf(param: string): (string | number)[] {
  const steps = stepsOf(param);
  return steps.at(-1) === 'type' ? steps.slice(0, -1) : steps;
}

/** Without these a request means something else: `thread` stands for a history, `compaction` asks for a summary. */
const ESSENTIAL: ReadonlySet<unknown> = new Set(['model', 'messages', 'input', 'thread', 'compaction', 'conversation']);

const isEssential = (path: readonly (string | number)[]) =>
  path.length === 0 || (path.length === 1 && ESSENTIAL.has(path[0]));

/** A translated request. */
interface Expressed<Request, Translated> {
  readonly translated: Translated;
  /** The request as far as it was translated. */
  readonly given: Request;
  /** The paths of the fields that were left out. */
  readonly dropped: readonly string[];
}

/**
 * Translates a request to a dialect that may not be able to say all of it. Its refusal (`invalid_field`) goes to the client,
 * or with `drops` the field that was refused is left out and the rest is translated. This is the one place for a model's
 * `unsupported: drop`.
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
      const rest = isEssential(path) ? null : without(given, path);
      if (!isRest<Request>(rest)) throw error;
      dropped.push(param);
      given = rest;
    }
  }
}

/** The same request with less in it: all that was left out is optional. */
const isRest = <Request extends object>(value: unknown): value is Request => isObject(value);

/** As in `x-gateway-applied`. */
export const toApplied = (dropped: readonly string[]): string[] =>
  dropped.length > 0 ? [`fields_dropped=${dropped.join('+')}`] : [];
