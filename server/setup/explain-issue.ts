import type { z } from 'zod';
import { fieldsAt, wordsAt } from './known-names.ts';
import { didYouMean } from './nearest-name.ts';

export interface Explained {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

interface Checked {
  readonly schema: z.ZodType;
  /** What was checked. */
  readonly value: unknown;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((inner, name) => {
    if (Array.isArray(inner)) return inner[Number(name)];
    return isRecord(inner) ? inner[String(name)] : undefined;
  }, value);

/** The deepest issue, with its whole path. A union reports the issue of the branch that got furthest. */
function flatten(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): Explained {
  const path = [...base, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().filter((i) => i.code !== 'invalid_union') : [];
  const deepest = inner.toSorted((a, b) => b.path.length - a.path.length)[0];
  return deepest && deepest.path.length > 0 ? flatten(deepest, path) : { path, message: issue.message };
}

function unknownFields({ schema, value }: Checked, path: readonly PropertyKey[]): Explained[] {
  const known = fieldsAt(schema, path);
  const object = valueAt(value, path);
  if (known.length === 0 || !isRecord(object)) return [];
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const hint = didYouMean(name, known) || ` The fields here are ${known.join(', ')}.`;
      return { path: [...path, name], message: `This field is not known.${hint}` };
    });
}

/**
 * What an issue says, and which name was probably meant. A field that no branch of a union knows is told rather than what
 * the union misses because of it.
 */
export function explainIssue(issue: z.core.$ZodIssue, checked: Checked): readonly Explained[] {
  if (issue.code === 'unrecognized_keys' || issue.code === 'invalid_union') {
    const unknown = unknownFields(checked, issue.path);
    if (unknown.length > 0) return unknown;
  }
  const { path, message } = flatten(issue);
  const given = valueAt(checked.value, path);
  const hint = typeof given === 'string' ? didYouMean(given, wordsAt(checked.schema, path)) : '';
  return [{ path, message: hint === '' ? message : `${message}.${hint}` }];
}
