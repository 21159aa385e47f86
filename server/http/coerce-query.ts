import { z } from 'zod';

/** The schema of the value inside `optional`, `nullable` and similar wrappers. */
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

/**
 * Converts the strings of a query to the types that the schema declares. The schema itself stays unchanged, since
 * others share it.
 */
export function coerceQuery(
  schema: z.core.$ZodType | undefined,
  query: Record<string, unknown>,
): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) return query;
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      // Some clients write `[]` after the name of a list.
      const key = name.replace(/\[\]$/, '');
      const field = schema.shape[key];
      return [key, field ? coerce(field, value) : value];
    }),
  );
}
