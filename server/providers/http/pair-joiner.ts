import { isUtf8 } from 'node:buffer';
import { parseExact, writeExact } from '../../canonical/exact-json.ts';
import { isObject, isRecord } from '../../canonical/json.ts';
import { hasSurrogates, toValidUtf8 } from '../../canonical/read-body/repair-json.ts';
import { replaceHalves } from '../../canonical/read-body/replace-halves.ts';
import { checkShape, EVENT_SHAPE } from './check-shape.ts';

/** The fields in which dialects send the pieces of an answer. */
const PIECES: ReadonlySet<string> = new Set(
  'content text delta thinking reasoning reasoning_content refusal arguments partial_json'.split(' '),
);

/** The fields that tell to which choice, item or block a piece belongs. */
const NUMBERS = ['index', 'output_index', 'content_index', 'summary_index', 'item_id', 'thought'] as const;

/** Events that repeat a text as a whole: no piece follows them. */
const WHOLE = /\.(done|completed|incomplete|failed)$/;

/** The first byte of half a pair that came as bytes. */
const LEAD = 0xed;

/** How many events may come between the halves of a pair, such as those of other choices. */
const MAX_BETWEEN = 16;

const LOW = /^[\udc00-\udfff]/;
const HIGH = /[\ud800-\udbff]$/;

/** A text in an event. */
interface Leaf {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  /** The path of the field, without the places in lists. */
  readonly path: string;
  /** The path with the numbers on it: what follows here continues the text. */
  readonly place: string;
}

/** An event that is being repaired. */
interface Event {
  readonly payload: Buffer;
  readonly value: unknown;
  changed: boolean;
}

/** A piece that ends with half a pair. */
interface OpenPiece {
  readonly leaf: Leaf;
  readonly event: Event;
}

const textOf = ({ holder, key }: Leaf): string => String(holder[key]);

const writeEvent = ({ payload, value, changed }: Event): Buffer => (changed ? Buffer.from(writeExact(value)) : payload);

function* leavesOf(value: unknown, path = '', numbers = ''): Generator<Leaf> {
  if (!isObject(value)) return;
  const own = NUMBERS.map((name) => (typeof value[name] === 'object' ? '' : `${value[name] ?? ''}`)).join();
  for (const key of Object.keys(value)) {
    const inner = Array.isArray(value) ? path : `${path}.${key}`;
    if (typeof value[key] !== 'string') yield* leavesOf(value[key], inner, numbers + own);
    else yield { holder: value, key, path: inner, place: `${inner} ${numbers}${own}` };
  }
}

/** Repairs the names in a value, in place. True when something changed. */
function repairNames(value: unknown): boolean {
  if (!isObject(value)) return false;
  let changed = false;
  for (const [name, inner] of Object.entries(value)) {
    if (repairNames(inner)) changed = true;
    const whole = Array.isArray(value) ? name : replaceHalves(name);
    if (whole === name) continue;
    delete value[name];
    value[whole] = inner;
    changed = true;
  }
  return changed;
}

/**
 * Takes halves of surrogate pairs out of the events of one stream. Where an upstream cuts a pair between two pieces of
 * an answer, the pair is put together in the first of them, which waits for the second. Any other half becomes U+FFFD.
 */
export class PairJoiner {
  /** Events that wait, in order: the first of them has an open piece. */
  #waiting: Event[] = [];
  /** The open pieces by their places. */
  readonly #open = new Map<string, OpenPiece>();

  /** Whether an event can be read at once, as nearly every one can. */
  passes(payload: Buffer): boolean {
    if (this.#waiting.length > 0 || hasSurrogates(payload)) return false;
    return !payload.includes(LEAD) || isUtf8(payload);
  }

  /** The events that can be read now. */
  push(given: Buffer): Buffer[] {
    const payload = toValidUtf8(given);
    checkShape(payload, EVENT_SHAPE);
    let value: unknown;
    try {
      value = parseExact(payload.toString('utf8'));
    } catch {
      // The reader of the event reports what is wrong with it.
      return [...this.flush(), payload];
    }
    const event: Event = { payload, value, changed: repairNames(value) };
    const leaves = [...leavesOf(value)];
    const before = this.#mayContinue(value, leaves) ? [] : this.flush();
    this.#waiting.push(event);
    const isWhole = isRecord(value) && typeof value.type === 'string' && WHOLE.test(value.type);
    for (const leaf of leaves) this.#repair(event, leaf, !isWhole && PIECES.has(leaf.key));
    return [...before, ...this.#release()];
  }

  /** All events that wait: no other half follows. */
  flush(): Buffer[] {
    for (const { leaf } of this.#open.values()) leaf.holder[leaf.key] = replaceHalves(textOf(leaf));
    this.#open.clear();
    return this.#release();
  }

  /** The events before the first one with an open piece. */
  #release(): Buffer[] {
    const open = new Set([...this.#open.values()].map(({ event }) => event));
    const first = this.#waiting.findIndex((event) => open.has(event));
    return this.#waiting.splice(0, first < 0 ? this.#waiting.length : first).map(writeEvent);
  }

  /** Whether this event, or one after it, may hold the other half of a pair. */
  #mayContinue(value: unknown, leaves: readonly Leaf[]): boolean {
    if (this.#open.size === 0) return true;
    if (this.#waiting.length > MAX_BETWEEN) return false;
    if (isRecord(value) && value.type === 'ping') return true;
    const paths = new Set([...this.#open.values()].map(({ leaf }) => leaf.path));
    return leaves.some(({ path }) => paths.has(path));
  }

  #repair(event: Event, leaf: Leaf, isPiece: boolean): void {
    const given = textOf(leaf);
    const text = given.slice(this.#close(leaf.place, given));
    const isOpen = isPiece && HIGH.test(text);
    const end = isOpen ? text.length - 1 : text.length;
    const whole = replaceHalves(text.slice(0, end)) + text.slice(end);
    if (isOpen) this.#open.set(leaf.place, { leaf, event });
    if (!isOpen && whole === given) return;
    leaf.holder[leaf.key] = whole;
    event.changed = true;
  }

  /** Ends the open piece in this place. Returns how much of the text that follows belongs to it. */
  #close(place: string, text: string): number {
    const open = this.#open.get(place);
    if (!open || text === '') return 0;
    const low = LOW.exec(text)?.[0] ?? '';
    open.leaf.holder[open.leaf.key] = replaceHalves(textOf(open.leaf) + low);
    this.#open.delete(place);
    return low.length;
  }
}
