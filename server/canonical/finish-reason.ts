import { AppError } from '../errors/app-error.ts';

/** OpenAI's own finish reasons. */
const OWN: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** Such as `error` and `abort` of vLLM. The answer is not complete. */
const FAILED = /error|abort|cancel|fail|interrupt|insufficient|time_?out/i;

/** What the words of other reasons mean. The first match decides; every other reason is an end of the model's choice. */
const MEANINGS: readonly (readonly [words: RegExp, reason: string])[] = [
  [/length|max(_[a-z]+)?_?tokens|limit|exceed/i, 'length'],
  [/tool|function/i, 'tool_calls'],
  [/filter|safety|refus|block|moderat|sensitive|prohibit|recitation/i, 'content_filter'],
];

/**
 * OpenAI's finish reason for one that a server has in other words, such as `eos_token`, `STOP` or `max_length`. Throws
 * `upstream_broken` when the reason says that the answer failed.
 */
export function toOwnReason(said: string): string {
  if (OWN.has(said)) return said;
  if (FAILED.test(said)) throw new AppError('upstream_broken', 'The upstream failed while answering.');
  return MEANINGS.find(([words]) => words.test(said))?.[1] ?? 'stop';
}
