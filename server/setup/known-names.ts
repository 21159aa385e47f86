import { z } from 'zod';

/** The schemas that apply to the same value: the branches of a union, and the insides of defaults and transforms. */
function branchesOf(schema: unknown): readonly unknown[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return branchesOf(schema.unwrap());
  if (schema instanceof z.ZodPipe) return [...branchesOf(schema.in), ...branchesOf(schema.out)];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(branchesOf);
  return [schema];
}

function fieldOf(schema: unknown, name: PropertyKey): readonly unknown[] {
  if (schema instanceof z.ZodArray) return branchesOf(schema.element);
  if (schema instanceof z.ZodRecord) return branchesOf(schema.valueType);
  if (schema instanceof z.ZodObject) return branchesOf(schema.shape[String(name)]);
  return [];
}

/** The schemas of the value at a path. */
const schemasAt = (schema: unknown, path: readonly PropertyKey[]): readonly unknown[] =>
  path.reduce<readonly unknown[]>((known, name) => known.flatMap((one) => fieldOf(one, name)), branchesOf(schema));

/** The fields that the object at a path can have. */
export const fieldsAt = (schema: unknown, path: readonly PropertyKey[]): string[] => [
  ...new Set(schemasAt(schema, path).flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : []))),
];

/** The words that can stand at a path. */
export const wordsAt = (schema: unknown, path: readonly PropertyKey[]): string[] => {
  const words = schemasAt(schema, path).flatMap((one) => {
    if (one instanceof z.ZodEnum) return one.options;
    return one instanceof z.ZodLiteral ? [...one.values] : [];
  });
  return [...new Set(words.filter((word) => typeof word === 'string'))];
};
