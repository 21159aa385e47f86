import { type FieldNote, fieldNotes } from '../../../contracts/field-notes.ts';
import { isObject } from '../../canonical/json.ts';

type Node = Record<string, unknown>;

const NONE: FieldNote = { says: '' };

/** The keywords under which a schema holds other schemas. */
const inner = ['items', 'anyOf', 'oneOf', 'allOf', 'additionalProperties', 'prefixItems'] as const;

export const noteOf = (owner: string, name: string): FieldNote =>
  fieldNotes[`${owner}.${name}`] ?? fieldNotes[name] ?? NONE;

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/**
 * An example that the schema itself gives: its only value, the first of several, or a time. Undefined: it gives none.
 */
function ownExample(schema: Node): unknown {
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (listOf(schema.type).includes('boolean')) return true;
  if (schema.format === 'date-time') return '2026-11-29T09:30:00.000Z';
  if (schema.format === 'date') return '2026-11-29';
  if (schema.type !== 'array' || !isObject(schema.items)) return undefined;
  const item = ownExample(schema.items);
  return item === undefined ? undefined : [item];
}

/** The JSON types that a schema accepts, those of its alternatives included. */
function kindsOf(schema: Node): string[] {
  const own = listOf(schema.type).filter((type) => typeof type === 'string');
  if ('const' in schema) own.push(schema.const === null ? 'null' : typeof schema.const);
  return [...own, ...[schema.anyOf, schema.oneOf].flatMap(listOf).filter(isObject).flatMap(kindsOf)];
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

/**
 * Whether the example of a note has a type that the schema accepts. Fields of one name can differ in type, as
 * `reasoning` does.
 */
function suits(value: unknown, schema: Node): boolean {
  const kinds = kindsOf(schema);
  if (kinds.length === 0) return true;
  const kind = kindOf(value);
  return kinds.includes(kind) || (kind === 'number' && Number.isInteger(value) && kinds.includes('integer'));
}

function exampleFor(schema: Node, note: FieldNote): unknown {
  const own = ownExample(schema);
  if (own !== undefined) return own;
  if (note.example !== undefined && suits(note.example, schema)) return note.example;
  const alternatives = [schema.anyOf, schema.oneOf].flatMap(listOf).filter(isObject);
  for (const alternative of alternatives) {
    const found = exampleFor(alternative, NONE);
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

export function describeField(schema: Node, note: FieldNote): void {
  if (!schema.description && note.says) schema.description = note.says;
  if ('$ref' in schema || schema.examples || schema.example !== undefined) return;
  const example = exampleFor(schema, note);
  if (example !== undefined) schema.examples = [example];
}

/**
 * Gives each field of a schema, and the fields inside it, a description and an example. `owner` is the name of the
 * schema.
 */
export function describeFields(schema: unknown, owner: string): void {
  if (!isObject(schema)) return;
  if (isObject(schema.properties)) {
    for (const [name, field] of Object.entries(schema.properties)) {
      if (!isObject(field)) continue;
      describeField(field, noteOf(owner, name));
      describeFields(field, owner);
    }
  }
  for (const key of inner) for (const each of listOf(schema[key])) describeFields(each, owner);
}
