import { z } from 'zod';

/** The type of value behind `optional`, `nullable` and their like. */
function valueSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return valueSchema(schema.unwrap());
  }
  return schema;
}

function coerce(schema: z.core.$ZodType, given: unknown): unknown {
  const value = Array.isArray(given) ? given.join(',') : given;
  if (typeof value !== 'string') return value;
  const type = valueSchema(schema);
  if (type instanceof z.ZodNumber && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  if (type instanceof z.ZodBoolean && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

/** Query strings are strings: converts them to the declared types, leaving the shared schema as it is. */
export function coerceQuery(
  schema: z.core.$ZodType | undefined,
  query: Record<string, unknown>,
): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) return query;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      // Some clients name a list so.
      const key = name.replace(/\[\]$/, '');
      const field = schema.shape[key];
      return [key, field ? coerce(field, value) : value];
    }),
  );
}
