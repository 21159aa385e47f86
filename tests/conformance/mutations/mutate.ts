import { isObject, type JsonObject } from '../../support/upstream/json.ts';

/** What is done to one field of an answer. */
const kinds = ['absent', 'null', 'empty', 'wrong type', 'repeated', 'moved', 'cut'] as const;
type Kind = (typeof kinds)[number];

type Step = string | number;

/** One field of one event; of a whole answer there is one event. */
export interface Mutation {
  readonly event: number;
  readonly path: readonly Step[];
  readonly kind: Kind;
}

/** The fields that hold pieces of the answer itself. */
const CARRIERS = new Set([
  ...['content', 'text', 'delta', 'thinking', 'reasoning', 'reasoning_content', 'partial_json', 'arguments', 'args'],
  ...['summary', 'signature', 'city', 'zone'],
]);

const isCarrier = ({ path }: Mutation): boolean => CARRIERS.has(String(path.at(-1)));

/** Says which part is a thought: without it the part is a text, and nothing tells. */
const MARKS = new Set(['thought']);

const isHolder = (value: unknown): value is JsonObject | unknown[] => isObject(value) || Array.isArray(value);

function at(value: unknown, step: Step): unknown {
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined;
  return isObject(value) ? value[step] : undefined;
}

const valueAt = (value: unknown, path: readonly Step[]): unknown => path.reduce(at, value);

function* pathsIn(value: unknown, base: readonly Step[] = []): Generator<readonly Step[]> {
  if (!isHolder(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const path = [...base, Array.isArray(value) ? Number(key) : key];
    yield path;
    yield* pathsIn(inner, path);
  }
}

function set(root: unknown, path: readonly Step[], value: unknown): void {
  const holder = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined) return;
  if (Array.isArray(holder) && typeof last === 'number') {
    if (value === undefined) holder.splice(last, 1);
    else holder[last] = value;
  } else if (isObject(holder)) {
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
}

const wrong = (value: unknown): unknown => {
  if (typeof value === 'string' || value === null) return 7;
  return typeof value === 'number' ? 'seven' : 'x';
};

/** The numbers of the choices, calls and blocks above a field: a field of one of them is no other's. */
const numbersAbove = (event: unknown, path: readonly Step[]): string =>
  JSON.stringify(path.map((_, i) => valueAt(event, [...path.slice(0, i), 'index']) ?? null));

/** Where a field may be put that stands somewhere else: its place is there, and empty. */
const isFree = (events: readonly unknown[], from: number, to: number, path: readonly Step[]): boolean =>
  to !== from &&
  isObject(valueAt(events[to], path.slice(0, -1))) &&
  valueAt(events[to], path) == null &&
  numbersAbove(events[to], path) === numbersAbove(events[from], path);

/** The event that a field can be moved to: the next one, else the one before. */
const targetOf = (events: readonly unknown[], { event, path }: Mutation): number | undefined =>
  [event + 1, event - 1].find((to) => isFree(events, event, to, path));

function applies(events: readonly unknown[], mutation: Mutation): boolean {
  const { event, path, kind } = mutation;
  const value = valueAt(events[event], path);
  if (MARKS.has(String(path.at(-1))) && kind !== 'wrong type' && kind !== 'cut') return false;
  if (kind === 'absent' || kind === 'cut' || kind === 'wrong type') return true;
  if (kind === 'null') return value !== null;
  if (kind === 'empty') return value !== '';
  if (value == null || isHolder(value) || isCarrier(mutation)) return false;
  if (kind === 'moved') return targetOf(events, mutation) !== undefined;
  return events.some((_, to) => isFree(events, event, to, path));
}

/** Everything that can be done to these events. */
export function mutationsOf(events: readonly unknown[]): Mutation[] {
  return events.flatMap((value, event) =>
    [...pathsIn(value)].flatMap((path) =>
      kinds.map((kind): Mutation => ({ event, path, kind })).filter((mutation) => applies(events, mutation)),
    ),
  );
}

/** Stands in for the field at which an answer is cut. */
const CUT = '@@cut@@';

export interface Mutated {
  readonly events: readonly JsonObject[];
  /** The event that ends the body in the middle of a field, as text so far. */
  readonly cut: { readonly event: number; readonly text: string } | null;
}

export function mutate(given: readonly JsonObject[], mutation: Mutation): Mutated {
  const { event, path, kind } = mutation;
  const events = given.map((one): JsonObject => structuredClone(one));
  const value = valueAt(events[event], path);
  if (kind === 'absent') set(events[event], path, undefined);
  if (kind === 'null') set(events[event], path, null);
  if (kind === 'empty') set(events[event], path, '');
  if (kind === 'wrong type') set(events[event], path, wrong(value));
  if (kind === 'repeated') {
    for (let to = 0; to < events.length; to++) if (isFree(given, event, to, path)) set(events[to], path, value);
  }
  if (kind === 'moved') {
    const to = targetOf(given, mutation) ?? event;
    set(events[event], path, typeof path.at(-1) === 'number' ? null : undefined);
    set(events[to], path, value);
  }
  if (kind !== 'cut') return { events, cut: null };
  const whole = JSON.stringify(value);
  // The answer to another request may not have the field.
  if (whole === undefined) return { events, cut: null };
  set(events[event], path, CUT);
  const before = JSON.stringify(events[event]).split(`"${CUT}"`)[0] ?? '';
  return { events, cut: { event, text: before + whole.slice(0, Math.ceil(whole.length / 2)) } };
}

export const describeMutation = ({ event, path, kind }: Mutation): string =>
  `event ${event}, ${path.join('.')}: ${kind}`;
