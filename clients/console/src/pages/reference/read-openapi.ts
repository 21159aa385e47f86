import { isObject } from '../../parts/json.ts';

export type Schema = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly place: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: Schema;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Null: it takes no JSON. */
  readonly body: Schema | null;
  readonly responses: readonly {
    readonly status: string;
    readonly description: string;
    readonly schema: Schema | null;
  }[];
  /** Reached without a key. */
  readonly open: boolean;
}

export interface Reference {
  readonly document: Schema;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly operations: readonly Operation[];
}

const METHODS = ['get', 'post', 'patch', 'put', 'delete'] as const;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const listOf = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isObject) : []);

function jsonSchema(holder: unknown): Schema | null {
  const content = isObject(holder) ? holder.content : undefined;
  const json = isObject(content) ? content['application/json'] : undefined;
  return isObject(json) && isObject(json.schema) ? json.schema : null;
}

/** What a `$ref` stands for; anything else is itself. */
export function resolve(document: Schema, schema: Schema): Schema {
  const ref = textOf(schema.$ref);
  if (!ref.startsWith('#/')) return schema;
  let found: unknown = document;
  for (const name of ref.slice(2).split('/')) found = isObject(found) ? found[name] : undefined;
  return isObject(found) ? { ...found, ...(schema.description ? { description: schema.description } : {}) } : {};
}

/** The name of what it refers to; empty: none. */
const nameOf = ({ $ref }: Schema): string => textOf($ref).split('/').at(-1) ?? '';

function readParameter(document: Schema, given: Schema): Parameter {
  const { name, in: place, required, description, schema } = resolve(document, given);
  return {
    name: textOf(name),
    place: textOf(place),
    required: required === true,
    description: textOf(description),
    schema: isObject(schema) ? schema : {},
  };
}

function readOperation(document: Schema, at: { path: string; method: string }, given: Schema): Operation {
  const { tags, summary, description, parameters, requestBody, responses, security } = given;
  return {
    id: `${at.method}-${at.path}`.replace(/[^\w]+/g, '-').replace(/-$/, ''),
    ...at,
    tag: Array.isArray(tags) ? textOf(tags[0]) : '',
    summary: textOf(summary),
    description: textOf(description),
    parameters: listOf(parameters).map((one) => readParameter(document, one)),
    body: jsonSchema(isObject(requestBody) ? resolve(document, requestBody) : undefined),
    responses: Object.entries(isObject(responses) ? responses : {}).map(([status, response]) => {
      const resolved = isObject(response) ? resolve(document, response) : {};
      return { status, description: textOf(resolved.description), schema: jsonSchema(resolved) };
    }),
    open: Array.isArray(security) && security.length === 0,
  };
}

/** The operations of an OpenAPI document, in its order. */
export function readOpenApi(document: unknown): Reference {
  const root = isObject(document) ? document : {};
  const paths = isObject(root.paths) ? root.paths : {};
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const given = isObject(item) ? item[method] : undefined;
      return isObject(given) ? [readOperation(root, { path, method }, given)] : [];
    }),
  );
  const tags = listOf(root.tags).map(({ name, description }) => ({
    name: textOf(name),
    description: textOf(description),
  }));
  return { document: root, tags, operations };
}

/** A first body for an operation: its example, or its required fields. */
export function exampleOf(document: Schema, given: Schema, depth = 0): unknown {
  const schema = resolve(document, given);
  if ('example' in schema) return schema.example;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if ('default' in schema) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const [choice] = [...listOf(schema.oneOf), ...listOf(schema.anyOf)];
  if (choice) return exampleOf(document, choice, depth);
  if (depth > 4) return null;
  switch (schema.type) {
    case 'object': {
      const properties = isObject(schema.properties) ? schema.properties : {};
      const required = Array.isArray(schema.required) ? schema.required : [];
      return Object.fromEntries(
        Object.entries(properties).flatMap(([name, one]) =>
          required.includes(name) && isObject(one) ? [[name, exampleOf(document, one, depth + 1)]] : [],
        ),
      );
    }
    case 'array':
      return isObject(schema.items) ? [exampleOf(document, schema.items, depth + 1)] : [];
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return '';
  }
}

/** A type in a few words, such as `string | array of Message`. */
export function typeOf(document: Schema, schema: Schema): string {
  const name = nameOf(schema);
  if (name) return name;
  const choices = [...listOf(schema.oneOf), ...listOf(schema.anyOf)];
  if (choices.length > 0) return [...new Set(choices.map((one) => typeOf(document, one)))].join(' | ');
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.type === 'array')
    return `array of ${isObject(schema.items) ? typeOf(document, schema.items) : 'anything'}`;
  if (Array.isArray(schema.type)) return schema.type.join(' | ');
  return textOf(schema.type) || 'anything';
}
