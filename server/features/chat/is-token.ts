import type { ChatCompletionChunk } from '../../../contracts/chat/completion.ts';

const isSomething = (value: unknown) => value != null && value !== '' && !(Array.isArray(value) && value.length === 0);

/** Whether a chunk holds a part of the answer: once the client has that, no other backend can take over. */
export function isToken({ choices }: ChatCompletionChunk): boolean {
  return (choices ?? []).some(
    ({ delta, finish_reason: finish }) =>
      finish || Object.entries(delta ?? {}).some(([key, value]) => key !== 'role' && isSomething(value)),
  );
}
