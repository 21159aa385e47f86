import { isObject } from './json.ts';

const isSomething = (value: unknown) => value != null && value !== '' && !(Array.isArray(value) && value.length === 0);

/**
 * The fields of a chunk that matter here, of a chat or of a legacy completion. Upstreams may send any value in them.
 */
interface AnyChunk {
  readonly choices?: readonly unknown[] | null | undefined;
}

/** Whether a choice adds something to the answer: text, reasoning, calls or pictures. */
export function adds(choice: unknown): boolean {
  if (!isObject(choice)) return false;
  const { delta, text } = choice;
  return (
    isSomething(text) ||
    (isObject(delta) && Object.entries(delta).some(([key, value]) => key !== 'role' && isSomething(value)))
  );
}

/**
 * Whether a chunk holds a part of the answer. Once the client has such a chunk, the gateway cannot fail over to another
 * backend.
 */
export const isToken = ({ choices }: AnyChunk): boolean =>
  Array.isArray(choices) &&
  choices.some((choice: unknown) => adds(choice) || (isObject(choice) && Boolean(choice.finish_reason)));
