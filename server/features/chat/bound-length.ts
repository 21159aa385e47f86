import { LENGTHS, OBEYED_LENGTHS } from '../metering/expect-tokens.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `max_tokens` below the model's minimum is raised, never refused: a reasoning model would answer nothing at all. */
export function raiseLengths(least: number, fields: Fields): Record<string, number> {
  const raised: Record<string, number> = {};
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const length = fields[name];
    if (typeof length === 'number' && length < least) raised[name] = least;
  }
  return raised;
}

/**
 * Holds an answer to what is reserved for it: every length in the request that is longer, or no length at all (-1 has no
 * end at llama.cpp), becomes `most`. A request without one that every upstream obeys gets it.
 */
export function lowerLengths(most: number, fields: Fields): Record<string, number> {
  const given = LENGTHS.filter((name) => fields[name] != null);
  const longer = given.filter((name) => {
    const length = fields[name];
    return !(typeof length === 'number' && length > 0 && length <= most);
  });
  const isObeyed = OBEYED_LENGTHS.some((name) => fields[name] != null);
  return Object.fromEntries([...longer, ...(isObeyed ? [] : ['max_tokens'])].map((name) => [name, most]));
}
