import { z } from 'zod';
import type { ErrorCode } from '../../contracts/errors.ts';

type Issue = z.core.$ZodIssue;

const RECEIVED_UNDEFINED = 'Invalid input: received undefined';

/**
 * The longest text of the client that is repeated, in characters: a name may have megabytes, and there may be thousands
 * of names.
 */
const MAX_NAME = 100;
const MAX_MESSAGE = 500;

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most)}…` : text);

/** Writes a path as a `param`: `['messages', 0, 'image_url', 'url']` → `messages[0].image_url.url` */
const toParam = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((param, key) => {
    if (typeof key === 'number') return `${param}[${key}]`;
    const name = cut(String(key), MAX_NAME);
    return param ? `${param}.${name}` : name;
  }, '');

const depth = (issue: Issue): number =>
  issue.path.length + (issue.code === 'invalid_union' ? Math.max(0, ...issue.errors.flat().map(depth)) : 0);

// When a choice or a union is missing, zod only reports that the value is not valid. This reports it as missing.
z.config({
  customError: ({ code, input }) =>
    input === undefined && (code === 'invalid_value' || code === 'invalid_union') ? RECEIVED_UNDEFINED : undefined,
});

/** Whether a branch of a union was meant. A branch that fails at its own discriminator (`type: "text"`) was not. */
const isMeant = (branch: readonly Issue[]) =>
  !branch.some(({ code, path }) => (code === 'invalid_value' || code === 'custom') && path.length <= 1);

/** The useful issue inside a union: of the branch that was meant, otherwise of the branch that got furthest. */
function deepest(issue: Issue, base: readonly PropertyKey[] = []): { issue: Issue; path: PropertyKey[] } {
  const path = [...base, ...issue.path];
  if (issue.code !== 'invalid_union') return { issue, path };
  const meant = issue.errors.filter(isMeant);
  const [best] = (meant.length > 0 ? meant : issue.errors).flat().toSorted((a, b) => depth(b) - depth(a));
  return best && depth(best) > 0 ? deepest(best, path) : { issue, path };
}

/** The message and `param` for the first error that a schema found. */
export function readIssue(issues: readonly Issue[]): { code: ErrorCode; message: string; param: string | null } {
  const [first] = issues;
  if (!first) return { code: 'invalid_field', message: 'The request is not valid.', param: null };
  const { issue, path } = deepest(first);
  const param = toParam(path) || null;
  const missing = issue.message.endsWith('received undefined');
  if (missing && param) return { code: 'missing_field', message: `The field '${param}' is required.`, param };
  const fault = cut(issue.message, MAX_MESSAGE);
  return { code: 'invalid_field', message: param ? `'${param}': ${fault}` : fault, param };
}
