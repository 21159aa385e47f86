import type { z } from 'zod';
import { isRecord } from '../canonical/json.ts';
import { fieldsAt, wordsAt } from './known-names.ts';
import { didYouMean } from './nearest-name.ts';

export interface Explained {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

interface Checked {
  readonly schema: z.ZodType;
  /** The value that was checked. */
  readonly value: unknown;
}

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
 * Explains an issue, with the name that was probably meant. When no branch of a union knows a field, that field is reported,
 * and not what the union lacks because of it.
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
