import { isObject, type JsonObject } from '../support/upstream/json.ts';

/** A property of a schema, wherever in the document. */
export interface Field {
  readonly place: string;
  readonly schema: Record<string, unknown>;
  /** Its value is a text, a number, true or false, or a list of these: not made of fields that have examples themselves. */
  readonly isPlain: boolean;
}

export interface Parameter {
  readonly place: string;
  readonly schema: Record<string, unknown>;
  readonly description: unknown;
  readonly example: unknown;
}

type Node = Record<string, unknown>;

const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;
const INNER = [...ALTERNATIVES, 'items', 'additionalProperties'] as const;
const PLAIN = new Set(['string', 'number', 'integer', 'boolean']);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const entriesOf = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);

function isPlain(schema: unknown): boolean {
  if (!isObject(schema) || '$ref' in schema) return false;
  if (schema.format === 'binary') return false;
  if (ALTERNATIVES.some((key) => key in schema)) {
    const alternatives = ALTERNATIVES.flatMap((key) => listOf(schema[key])).filter((each) => isObject(each));
    return alternatives.some(isPlain) && !alternatives.some((each) => isObject(each) && '$ref' in each);
  }
  if (schema.type === 'array') return isPlain(schema.items);
  return listOf(schema.type).some((type) => PLAIN.has(String(type)));
}

function fieldsIn(schema: unknown, place: string): Field[] {
  if (!isObject(schema)) return [];
  const own = entriesOf(schema.properties).flatMap(([name, field]): Field[] => {
    const at = `${place}.${name}`;
    return isObject(field) ? [{ place: at, schema: field, isPlain: isPlain(field) }, ...fieldsIn(field, at)] : [];
  });
  return [...own, ...INNER.flatMap((key) => listOf(schema[key])).flatMap((each) => fieldsIn(each, place))];
}

const operationsOf = (document: Node): [string, Node][] =>
  entriesOf(document.paths).flatMap(([path, methods]) =>
    entriesOf(methods).flatMap(([method, operation]): [string, Node][] =>
      isObject(operation) ? [[`${method} ${path}`, operation]] : [],
    ),
  );

const schemasOf = (holder: unknown): unknown[] =>
  entriesOf(isObject(holder) ? holder.content : {}).map(([, media]) => (isObject(media) ? media.schema : undefined));

/** The fields of all components, of bodies and of answers; and the components that are plain values themselves. */
export function readFields(document: JsonObject | Node): Field[] {
  const { components } = document;
  const named = entriesOf(isObject(components) ? components.schemas : {});
  const values = named.flatMap(([place, schema]): Field[] =>
    isObject(schema) && isPlain(schema) ? [{ place, schema, isPlain: true }] : [],
  );
  const inline = operationsOf(document).flatMap(([place, { requestBody, responses }]) =>
    [requestBody, ...entriesOf(responses).map(([, response]) => response)]
      .flatMap(schemasOf)
      .flatMap((schema) => fieldsIn(schema, place)),
  );
  return [...values, ...named.flatMap(([name, schema]) => fieldsIn(schema, name)), ...inline];
}

export const readParameters = (document: Node): Parameter[] =>
  operationsOf(document).flatMap(([place, { parameters }]) =>
    listOf(parameters).flatMap((each): Parameter[] => {
      if (!isObject(each) || !isObject(each.schema)) return [];
      const { schema, description, example } = each;
      return [{ place: `${place} ${String(each.name)}`, schema, description, example }];
    }),
  );
