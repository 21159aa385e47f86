import type { Script } from '../exchange.ts';
import { isObject } from '../json.ts';
import { say } from './answers.ts';

const hasTools = (json: unknown): boolean => isObject(json) && Array.isArray(json.tools) && json.tools.length > 0;

/**
 * Plays a model that an agent works with: to each request that declares tools it gives the next step, the last one again
 * and again; to others, such as those for titles, `aside`.
 */
export function workAnd(aside: Script, ...steps: readonly Script[]): Script {
  let next = 0;
  return (exchange) => {
    if (!hasTools(exchange.request.json)) return aside(exchange);
    const step = steps[Math.min(next, steps.length - 1)];
    next += 1;
    return step?.(exchange);
  };
}

/** The same, with a few words for an aside. */
export const work = (...steps: readonly Script[]): Script => workAnd(say('A short title.'), ...steps);
