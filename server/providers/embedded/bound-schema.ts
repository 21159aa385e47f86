import { isRecord } from '../../canonical/json.ts';

type Schema = Record<string, unknown>;

/** How many characters all strings of an answer may have together, and the smallest and largest limit of one string. */
const ALL_CHARACTERS = 400;
const SHORTEST = 8;
const LONGEST = 64;
const MOST_ITEMS = 3;

/** Keywords that hold schemas: in an object, in a list, or a single one. */
const BY_NAME = ['properties', '$defs', 'definitions'] as const;
const IN_LIST = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
/** Keywords that already limit a string. */
const FORMED = ['enum', 'const', 'pattern', 'format'] as const;

const hasType = ({ type }: Schema, name: string): boolean =>
  type === name || (Array.isArray(type) && type.includes(name));

const isString = (schema: Schema): boolean => hasType(schema, 'string') && !FORMED.some((name) => name in schema);
const isList = (schema: Schema): boolean => hasType(schema, 'array') || 'items' in schema;
const isAnything = (schema: unknown): boolean =>
  schema === true ||
  (isRecord(schema) &&
    !['type', '$ref', 'properties', ...BY_NAME, ...IN_LIST, ...FORMED].some((name) => name in schema));

const childrenOf = (schema: Schema): unknown[] => [
  ...BY_NAME.flatMap((name) => (isRecord(schema[name]) ? Object.values(schema[name]) : [])),
  ...IN_LIST.flatMap((name): unknown[] => (Array.isArray(schema[name]) ? schema[name] : [])),
];

/** The most strings that an answer can have, those in the items of its lists included. */
function countStrings(schema: unknown): number {
  if (isAnything(schema)) return 1;
  if (!isRecord(schema)) return 0;
  const own = isString(schema) ? 1 : 0;
  const inside = childrenOf(schema).reduce<number>((sum, child) => sum + countStrings(child), 0);
  return own + inside + (isList(schema) ? MOST_ITEMS * countStrings(schema.items ?? true) : 0);
}

const numberOr = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);

function bound(schema: unknown, longest: number): unknown {
  if (isAnything(schema)) return { ...(isRecord(schema) ? schema : {}), type: 'string', maxLength: longest };
  if (!isRecord(schema)) return schema;
  const bounded: Schema = { ...schema };
  for (const name of BY_NAME) {
    const held = schema[name];
    if (!isRecord(held)) continue;
    bounded[name] = Object.fromEntries(Object.entries(held).map(([key, child]) => [key, bound(child, longest)]));
  }
  for (const name of IN_LIST) {
    const held = schema[name];
    if (Array.isArray(held)) bounded[name] = held.map((child: unknown) => bound(child, longest));
  }
  if (isString(schema)) {
    const most = Math.min(numberOr(schema.maxLength, longest), longest);
    bounded.maxLength = Math.max(most, numberOr(schema.minLength, 0));
  }
  if (isList(schema)) {
    bounded.items = bound(schema.items ?? true, longest);
    const most = Math.min(numberOr(schema.maxItems, MOST_ITEMS), MOST_ITEMS);
    bounded.maxItems = Math.max(most, numberOr(schema.minItems, 0));
  }
  if (hasType(schema, 'object') || 'properties' in schema) bounded.additionalProperties = false;
  return bounded;
}

/** The schema that stands for any JSON object, with limits like the others. */
const ANY_OBJECT = { properties: { answer: { type: 'string' } }, required: ['answer'] };

/**
 * A narrower schema. Every answer that obeys it obeys the given one too: strings and lists are limited, and objects
 * have no other members than the named ones. A model of a few million parameters does not end by itself, and would fill
 * its context window.
 */
export function boundSchema(schema: object): object {
  const given: Schema = { ...schema };
  const isOpen =
    given.type === 'object' && !('properties' in given) && !IN_LIST.some((name) => name in given) && !('$ref' in given);
  const closed = isOpen ? { ...given, ...ANY_OBJECT } : given;
  const share = Math.floor(ALL_CHARACTERS / Math.max(1, countStrings(closed)));
  const bounded = bound(closed, Math.min(LONGEST, Math.max(SHORTEST, share)));
  return isRecord(bounded) ? bounded : closed;
}
