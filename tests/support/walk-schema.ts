import { z } from 'zod';

/** One place in a schema, with the way that leads there. */
export interface SchemaPlace {
  readonly schema: z.core.$ZodType;
  /** Names of fields; `0` for an element of a list, `*` for a value of a record. */
  readonly path: readonly string[];
}

type Step = readonly [name: string | null, schema: z.core.$ZodType];

/** The schemas right below one: `null` where the value is the same. Throws for a kind that no contract has had yet. */
function stepsOf(schema: z.core.$ZodType): Step[] {
  if (schema instanceof z.ZodObject) return Object.entries(schema.shape);
  if (schema instanceof z.ZodArray) return [['0', schema.element]];
  if (schema instanceof z.ZodRecord) return [['*', schema.valueType]];
  if (schema instanceof z.ZodUnion) return schema.options.map((option): Step => [null, option]);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
  ) {
    return [[null, schema.unwrap()]];
  }
  const { type } = schema._zod.def;
  const leaves = ['string', 'number', 'int', 'boolean', 'literal', 'enum', 'unknown', 'null'];
  if (leaves.includes(type)) return [];
  throw new Error(`Teach tests/support/walk-schema.ts what is inside a schema of the type "${type}".`);
}

/** Every place of a schema, each union's alternatives included. */
export function placesOf(schema: z.core.$ZodType, path: readonly string[] = []): SchemaPlace[] {
  const below = stepsOf(schema).flatMap(([name, next]) => placesOf(next, name === null ? path : [...path, name]));
  return [{ schema, path }, ...below];
}
